/** The call that takes the place of a function's body. */
import type { CallForm } from './access.ts';
import { ts } from './compiler.ts';
import { rebuilt } from './patterns.ts';
import { type FunctionSite, isStatic } from './sites.ts';
import { indentation, indentationStep, lineEnding, usesSemicolons } from './textStyle.ts';
import type { SourceEdit } from './types.ts';

interface Calls {
  readonly approxName: string;
  readonly guardName?: string;
  readonly exactName: string;
  readonly form?: CallForm;
}

const plainForm: CallForm = { fields: [], nominal: false };

/** The public function's new body. */
export function callEdit(site: FunctionSite, file: ts.SourceFile, calls: Calls): SourceEdit {
  const { node, start: siteStart } = site;
  const call = callText(site, file, calls);
  const { body } = node;
  const start = body.getStart(file);
  if (!ts.isBlock(body)) return { start, end: body.end, text: call };
  const statement = `return ${call}${usesSemicolons(file) ? ';' : ''}`;
  const current = file.text.slice(start, body.end);
  if (!/[\r\n]/u.test(current)) return { start, end: body.end, text: `{ ${statement} }` };
  const outer = indentation(file.text, siteStart);
  const inner = outer + indentationStep(body, file, outer);
  const ending = lineEnding(file.text);
  return { start, end: body.end, text: `{${ending}${inner}${statement}${ending}${outer}}` };
}

/** The guard gets what is read; the network gets fields of `this` behind the parameters. */
function callText(site: FunctionSite, file: ts.SourceFile, calls: Calls): string {
  const { approxName, guardName, exactName, form = plainForm } = calls;
  const parameters = site.node.parameters.filter((parameter) => parameter.name.getText(file) !== 'this');
  const values = parameters.map((parameter) => (parameter.dotDotDotToken ? '...' : '') + rebuilt(parameter.name));
  const fields = form.fields.map((field) => `this.${field}`);
  const exact = exactAccess(site, { exactName, form });
  const network = asserted(`${approxName}(${[...values, ...fields].join(', ')})`, site, file, { exact, form });
  if (guardName === undefined) return network;
  const read = values.filter((_, index) => index !== form.into?.index);
  const chosen = form.nominal && network.includes(' as ') ? `(${network})` : network;
  return `${guardName}(${[...read, ...fields].join(', ')}) ? ${chosen} : ${exact}(${values.join(', ')})`;
}

/** A string enum is told from its texts, which are all that generated code can name, by an assertion. */
function asserted(
  call: string,
  { node }: FunctionSite,
  file: ts.SourceFile,
  { exact, form }: { readonly exact: string; readonly form: CallForm },
): string {
  if (!form.nominal || !/\.[cm]?tsx?$/u.test(file.fileName)) return call;
  return `${call} as ${node.type?.getText(file) ?? `ReturnType<typeof ${exact}>`}`;
}

/**
 * By its class and not by `this`: a method that is taken off its object worked before, as it is pure. One that reads
 * fields needs its object.
 */
function exactAccess(
  site: FunctionSite,
  { exactName, form }: { readonly exactName: string; readonly form: CallForm },
): string {
  if (site.kind !== 'method') return exactName;
  const [owner] = site.name.split('.');
  if (form.fields.length > 0) return `this.${exactName}`;
  return isStatic(site) ? `${owner}.${exactName}` : `${owner}.prototype.${exactName}`;
}
