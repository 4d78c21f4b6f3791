/** Where imports lead that only the project's configuration explains: path aliases and packages that are referred to. */
import { isInPackage, ts } from './compiler.ts';
import type { SourceView } from './session.ts';
import { requiredModule } from './textStyle.ts';

/** Absolute paths by importer and specifier, see `importKey`. */
export type ModuleImports = ReadonlyMap<string, string>;

/** The imports of all files of the project that the program holds, other than relative ones and those of packages. */
export function moduleImports({ program, checker }: SourceView): ModuleImports {
  const found = new Map<string, string>();
  for (const file of program.getSourceFiles()) {
    if (file.isDeclarationFile || isInPackage(file.fileName)) continue;
    for (const specifier of specifiersOf(file)) {
      if (/^\.{0,2}\//u.test(specifier.text)) continue;
      const [module] = checker.getSymbolAtLocation(specifier)?.declarations ?? [];
      if (!module || !ts.isSourceFile(module) || module.isDeclarationFile || isInPackage(module.fileName)) continue;
      found.set(importKey(file.fileName, specifier.text), module.fileName);
    }
  }
  return found;
}

export const importKey = (importer: string, specifier: string): string => `${importer}\n${specifier}`;

function specifiersOf(file: ts.SourceFile): ts.StringLiteralLike[] {
  const specifiers: ts.StringLiteralLike[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      if (ts.isStringLiteral(node.moduleSpecifier)) specifiers.push(node.moduleSpecifier);
    } else if (ts.isExternalModuleReference(node) && ts.isStringLiteralLike(node.expression)) {
      specifiers.push(node.expression);
    } else {
      const required = ts.isCallExpression(node) ? requiredModule(node) : undefined;
      if (required) specifiers.push(required);
      ts.forEachChild(node, visit);
    }
  };
  ts.forEachChild(file, visit);
  return specifiers;
}
