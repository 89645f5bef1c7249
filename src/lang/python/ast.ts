/** The tree of an old xm file. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

export type PyExpression = Place &
  (
    | { readonly kind: 'number' | 'string'; readonly text: string }
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'list' | 'tuple'; readonly items: readonly PyExpression[] }
    | { readonly kind: 'dict'; readonly entries: readonly (readonly [PyExpression, PyExpression])[] }
    | { readonly kind: 'attribute'; readonly object: PyExpression; readonly name: string }
    | { readonly kind: 'index'; readonly object: PyExpression; readonly index: PyExpression }
    | { readonly kind: 'slice'; readonly object: PyExpression; readonly from: PyExpression | null; readonly to: PyExpression | null }
    | {
        readonly kind: 'call';
        readonly callee: PyExpression;
        readonly args: readonly PyExpression[];
        readonly named: ReadonlyMap<string, PyExpression>;
      }
    | { readonly kind: 'unary'; readonly operator: string; readonly operand: PyExpression }
    | { readonly kind: 'binary'; readonly operator: string; readonly left: PyExpression; readonly right: PyExpression }
    /** `a < b < c` */
    | { readonly kind: 'compare'; readonly first: PyExpression; readonly rest: readonly (readonly [string, PyExpression])[] }
    | { readonly kind: 'conditional'; readonly condition: PyExpression; readonly yes: PyExpression; readonly no: PyExpression }
    | { readonly kind: 'lambda'; readonly parameters: readonly PyParameter[]; readonly body: PyExpression }
    | {
        readonly kind: 'comprehension';
        readonly element: PyExpression;
        readonly target: PyExpression;
        readonly iterable: PyExpression;
        readonly conditions: readonly PyExpression[];
      }
  );

export interface PyParameter {
  readonly name: string;
  readonly fallback: PyExpression | null;
}

export type PyStatement = Place &
  (
    | { readonly kind: 'expression'; readonly value: PyExpression }
    | { readonly kind: 'assign'; readonly targets: readonly PyExpression[]; readonly value: PyExpression }
    | { readonly kind: 'augmented'; readonly target: PyExpression; readonly operator: string; readonly value: PyExpression }
    | {
        readonly kind: 'if';
        readonly branches: readonly { readonly condition: PyExpression | null; readonly body: readonly PyStatement[] }[];
      }
    | { readonly kind: 'for'; readonly target: PyExpression; readonly iterable: PyExpression; readonly body: readonly PyStatement[] }
    | { readonly kind: 'while'; readonly condition: PyExpression; readonly body: readonly PyStatement[] }
    | { readonly kind: 'def'; readonly name: string; readonly parameters: readonly PyParameter[]; readonly body: readonly PyStatement[] }
    | { readonly kind: 'return'; readonly value: PyExpression | null }
    | { readonly kind: 'raise'; readonly value: PyExpression | null }
    | {
        readonly kind: 'try';
        readonly body: readonly PyStatement[];
        readonly handler: readonly PyStatement[];
        readonly last: readonly PyStatement[];
      }
    | {
        readonly kind: 'import';
        readonly modules: readonly { readonly module: string; readonly name: string; readonly member: string | null }[];
      }
    | { readonly kind: 'print'; readonly values: readonly PyExpression[] }
    | { readonly kind: 'assert'; readonly condition: PyExpression; readonly message: PyExpression | null }
    | { readonly kind: 'delete'; readonly targets: readonly PyExpression[] }
    | { readonly kind: 'pass' | 'break' | 'continue' | 'global' }
  );
