#include "programs.h"

const struct program programs[] = {
  {"integer-loop", integer_loop}, {"memory-walk", memory_walk}, {"hash", hash},
  {"sort", sort}, {"byte-code", byte_code}, {"parser", parser},
  {"string-sort", string_sort}, {"recursion", recursion}, {"matrix", matrix},
  {"n-body", n_body}, {"mandelbrot", mandelbrot}, {"string-search", string_search},
  {"churn", churn},
  {0},
};
