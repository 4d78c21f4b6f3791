/** How a file imports: statement or `require`, and how it writes the name of a file beside it. */
import { readFileSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';
import { ts } from './compiler.ts';
import type { SourceProject } from './project.ts';
import { specifierOf } from './textStyle.ts';

export type ModuleStyle = 'esm' | 'commonjs';

/** How generated code beside the file has to export. */
export function moduleStyle(project: SourceProject, path: string): ModuleStyle {
  const tree = project.syntax(path);
  return tree ? moduleStyleOf(tree, path) : 'esm';
}

/** 'commonjs' for JavaScript that Node would load with `require`; TypeScript always writes `import`. */
export function moduleStyleOf(file: ts.SourceFile, path: string): ModuleStyle {
  if (/\.(?:[cm]?tsx?|mjs)$/u.test(path)) return 'esm';
  if (path.endsWith('.cjs')) return 'commonjs';
  if (file.statements.some(isModuleSyntax)) return 'esm';
  if (/\b(?:module\.)?exports\b|\brequire\s*\(/u.test(file.text)) return 'commonjs';
  return packageType(path) === 'module' ? 'esm' : 'commonjs';
}

const isModuleSyntax = (statement: ts.Statement): boolean =>
  ts.isImportDeclaration(statement) ||
  ts.isExportDeclaration(statement) ||
  ts.isExportAssignment(statement) ||
  (ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false));

function packageType(path: string): string | undefined {
  const manifest = ts.findConfigFile(dirname(path), ts.sys.fileExists, 'package.json');
  if (manifest === undefined) return undefined;
  try {
    const content: { type?: string } | null = JSON.parse(readFileSync(manifest, 'utf8'));
    return content?.type;
  } catch {
    // A manifest that cannot be read sets no type, as for Node.
    return undefined;
  }
}

/** The specifier by which `file` imports `generatedFile`: extension as in its other relative imports, else by tsconfig. */
export function importPathOf(
  project: SourceProject,
  file: ts.SourceFile,
  { path, generatedFile }: { readonly path: string; readonly generatedFile: string },
): string {
  const plain = relative(dirname(path), generatedFile).split(sep).join('/');
  const specifier = plain.startsWith('.') ? plain : `./${plain}`;
  const extension = extensionStyle(file) ?? configuredExtension(project.options(path), path);
  const match = /\.([cm]?)[jt]s$/u.exec(specifier);
  if (!match || extension === 'written') return specifier;
  const stem = specifier.slice(0, match.index);
  // Only `.ts` and `.js` may be left out: nothing resolves to `.mts` or `.cjs` by itself.
  if (extension === 'none' && match[1] === '') return stem;
  return `${stem}.${match[1]}js`;
}

/** 'written': the file's own extension; 'javascript': that of the compiled file. */
type ExtensionStyle = 'written' | 'javascript' | 'none';

/** Read off the last relative import that shows it. */
function extensionStyle(file: ts.SourceFile): ExtensionStyle | undefined {
  const styles = file.statements.flatMap((statement): ExtensionStyle[] => {
    const specifier = specifierOf(statement)?.text;
    if (!specifier?.startsWith('.')) return [];
    if (/\.[cm]?tsx?$/u.test(specifier)) return ['written'];
    if (/\.[cm]?jsx?$/u.test(specifier)) return ['javascript'];
    return /(?:^|\/)[^./]+(?:\.approx)?$/u.test(specifier) ? ['none'] : [];
  });
  return styles.at(-1);
}

function configuredExtension(options: ts.CompilerOptions, path: string): ExtensionStyle {
  if (/\.[cm]?jsx?$/u.test(path)) return 'written';
  if (options.allowImportingTsExtensions || options.rewriteRelativeImportExtensions) return 'written';
  const { moduleResolution, module } = options;
  const isNode =
    moduleResolution === ts.ModuleResolutionKind.Node16 ||
    moduleResolution === ts.ModuleResolutionKind.NodeNext ||
    (moduleResolution === undefined &&
      module !== undefined &&
      module >= ts.ModuleKind.Node16 &&
      module <= ts.ModuleKind.NodeNext);
  return isNode ? 'javascript' : 'none';
}
