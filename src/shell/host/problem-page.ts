/** help XM1042: from the language's table of diagnostics. */
export async function problemPage(code: string): Promise<string> {
  return code;
}
