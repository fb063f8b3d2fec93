import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { markdown, type Chart } from './markdown.ts';
import type { Report } from './report.ts';
import { scoreChart } from './svg.ts';

/** Writes `report.json`, `report.md` and a chart for each group of questions; each file at once or not at all. */
export async function writeReport(folder: string, report: Report): Promise<{ json: string; page: string }> {
  const charts: Chart[] = [];
  for (const [name, cells] of Map.groupBy(report.cells, (c) => `${c.data}-${c.group}`)) {
    const title = `${cells[0]!.data}, ${cells[0]!.group} questions`;
    const file = `score-${name}.svg`;
    await write(path.join(folder, file), scoreChart(title, cells));
    charts.push({ title, file });
  }
  const [json, page] = [path.join(folder, 'report.json'), path.join(folder, 'report.md')];
  await write(json, `${JSON.stringify(report, null, 2)}\n`);
  await write(page, markdown(report, charts));
  return { json, page };
}

async function write(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}`;
  await writeFile(temporary, text);
  await rename(temporary, file);
}
