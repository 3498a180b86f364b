import { readFile, writeFile } from 'node:fs/promises';
import type { VariableGroup } from './environment.ts';
import type { Variable } from './variable.ts';
import { sections } from './variables.ts';

const marks = { start: '<!-- configuration:start -->', end: '<!-- configuration:end -->' };

const introduction = `Production is \`NODE_ENV=production\`. A variable \`FJ_X\` may also be written \`JF_X\`; an empty text counts as set. When only
\`JF_\` variables are set, Jellyfish's defaults hold (Jellyfish mode): \`hls\`, \`rtsp\`, \`file\` and \`recording\` components are allowed.`;

/** The page that shows the configuration, from the root of the checkout. */
const page = 'docs/operator.md';

/** The configuration tables of docs/operator.md, from the same entries that the server reads. */
export function configurationTable(): string {
  return [introduction, ...Object.entries(sections).map(sectionTable)].join('\n\n');
}

/** The page with the part between its two marks replaced. Throws when a mark is missing. */
export function withConfigurationTable(text: string): string {
  const start = text.indexOf(marks.start);
  const end = text.indexOf(marks.end);
  if (start < 0 || end < start) throw new Error(`${page} needs ${marks.start} and ${marks.end}, in this order`);
  return `${text.slice(0, start + marks.start.length)}\n\n${configurationTable()}\n\n${text.slice(end)}`;
}

function sectionTable([section, groups]: [string, readonly VariableGroup[]]): string {
  const entries = groups.flatMap((group) => Object.values(group));
  const rows = entries.map((entry) => [`\`${entry.name}\``, defaultText(entry), cell(entry.description)]);
  return [`### ${section}`, '', ...alignedTable([['Variable', 'Default', 'Meaning'], ...rows])].join('\n');
}

/** Columns of equal width, as the formatter wants them. */
function alignedTable([head = [], ...rows]: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

function defaultText(entry: Variable): string {
  if (entry.defaultText !== undefined) return cell(entry.defaultText);
  if (entry.default === undefined) return 'unset';
  if (typeof entry.default === 'string') return entry.default === '' ? 'empty' : `\`${entry.default}\``;
  return `\`${entry.default.production}\` in production, \`${entry.default.development}\` elsewhere`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

if (import.meta.main) {
  await writeFile(page, withConfigurationTable(await readFile(page, 'utf8')));
}
