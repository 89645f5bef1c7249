/**
 * What an editor asks of a text: pure functions of texts and places. The texts come from a `World`, the commands from a `Vocabulary`; who speaks to
 * the editor is `src/shell/lsp`.
 *
 *   analyse(text, file, dialect, vocabulary)     → Analysis             names, things and includes, found once a text
 *   definition, meantAt + sitesOf, rename, hover                        of a place, through included files
 *   outline(program), folding(text, dialect)                            of a text
 *   fixesOf(problem, text)                       → Fix[]                what a diagnostic suggests
 *   itemDocumentation(item, vocabulary)          → Markdown             of a completion
 */
export { analyse, type Analysis, type World } from './analysis.ts';
export { declarations, hiddenNames, type Declared } from './declarations.ts';
export { definition } from './definition.ts';
export { itemDocumentation } from './documentation.ts';
export { fixesOf, isNeedless } from './fixes.ts';
export { folding } from './folding.ts';
export { hover } from './hover.ts';
export { outline, type OutlineItem } from './outline.ts';
export { meantAt, sitesOf } from './references.ts';
export { applied, rename, renameable, type Renamed, type TextEdit } from './rename.ts';
export type { Vocabulary } from './vocabulary.ts';
