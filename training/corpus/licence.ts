import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { PackageSpec } from './packages.ts';

/** SPDX names (https://spdx.org/licenses), lower case, of licences that allow use with no more than a notice. MPL: per file. */
const permissive = new Set([
  ...['mit', 'mit-0', 'isc', '0bsd', 'bsd', 'bsd-2-clause', 'bsd-3-clause', 'bsd-3-clause-clear', 'apache-2.0'],
  ...[
    'unlicense',
    'blueoak-1.0.0',
    'psf-2.0',
    'python-2.0',
    'mpl-2.0',
    'cc0-1.0',
    'zlib',
    'hpnd',
    'mit-cmu',
    'bsl-1.0',
  ],
]);

/** Names that people write, matched on the whole text without "the", "license", "version" and punctuation. */
const spoken: readonly (readonly [RegExp, string])[] = [
  [/^(?:expat )?mit(?: x11)?$/, 'MIT'],
  [/^isc(?: iscl)?$/, 'ISC'],
  [/^apache(?: software)?(?: v?2(?:\.0)?)?$/, 'Apache-2.0'],
  [/^(?:modified|new|revised|3 clause|bsd) ?(?:3 clause )?bsd$|^bsd 3 clause(?: new or revised)?$/, 'BSD-3-Clause'],
  [/^(?:simplified|2 clause) bsd$|^bsd 2 clause$/, 'BSD-2-Clause'],
  [/^bsd(?: derived| style| like)?$/, 'BSD'],
  [/^mozilla public 2\.0(?: mpl 2\.0)?$|^mpl ?v?2(?:\.0)?$/, 'MPL-2.0'],
  [/^psf(?:l)?$|^python software foundation$/, 'PSF-2.0'],
  [/^zlib(?: libpng)?$/, 'Zlib'],
  [/^unlicense unlicense$|^unlicense$/, 'Unlicense'],
];

/** One licence as an SPDX name where it is known, else as it stands. */
function spdxName(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/\([^)]*\)/g, ' ')
    .replace(/\bthe\b|\blicen[sc]es?\b|\bversion\b|[(),"'\-–/]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return spoken.find(([pattern]) => pattern.test(plain))?.[1] ?? text.trim();
}

/** Does an SPDX expression (`MIT OR GPL-3.0`, `Apache-2.0 AND (MIT OR ISC)`) leave a choice that is permissive throughout? */
export function isPermissive(expression: string): boolean {
  const innermost = /\(([^()]*)\)/;
  let flat = expression;
  while (innermost.test(flat)) {
    flat = flat.replace(innermost, (_, inner: string) => (isFlatPermissive(inner) ? 'MIT' : 'none'));
  }
  return isFlatPermissive(flat);
}

/** AND binds tighter than OR. */
function isFlatPermissive(expression: string): boolean {
  return expression
    .split(/\s+OR\s+/i)
    .some((choice) =>
      choice
        .split(/\s+AND\s+/i)
        .every((name) => permissive.has(spdxName(name.trim().replace(/\s+WITH\s+LLVM-exception$/i, '')).toLowerCase())),
    );
}

/** The licence of an unpacked package as an SPDX expression: what its metadata name, else what its licence file says; empty where neither does. */
export async function licenceOf(
  spec: Pick<PackageSpec, 'registry'>,
  folder: string,
  metadata: string,
): Promise<string> {
  const text = await readFile(path.join(folder, metadata), 'utf8').catch(() => '');
  const named = spec.registry === 'npm' ? npmLicence(text) : pypiLicence(text);
  if (named !== '') return named;
  const beside = path.dirname(path.join(folder, metadata));
  const found: string[] = [];
  // Wheels keep licence files beside their metadata, newer ones in a folder there.
  for (const place of [beside, path.join(beside, 'licenses')]) {
    const names = await readdir(place, { withFileTypes: true }).catch(() => []);
    for (const entry of names) {
      if (!entry.isFile() || !/^(?:licen[sc]e|copying)(?:[.-].*)?$/i.test(entry.name)) continue;
      found.push(licenceOfText(await readFile(path.join(place, entry.name), 'utf8')));
    }
  }
  return found.includes('') ? '' : [...new Set(found)].join(' AND ');
}

/** The licence that a licence file holds, by the words that only its text has; empty where it is another. */
export function licenceOfText(text: string): string {
  const plain = text.replace(/\s+/g, ' ');
  const has = (words: string): boolean => plain.includes(words);
  if (/GNU|General Public|Commons Clause|Business Source/.test(plain)) return '';
  if (has('Apache License Version 2.0, January 2004')) return 'Apache-2.0';
  if (has('Mozilla Public License Version 2.0')) return 'MPL-2.0';
  if (has('Permission is hereby granted, free of charge, to any person obtaining a copy')) return 'MIT';
  if (has('Permission to use, copy, modify, and/or distribute this software for any purpose')) return 'ISC';
  if (!has('Redistribution and use in source and binary forms, with or without modification, are permitted')) return '';
  return /neither the names? of/i.test(plain) ? 'BSD-3-Clause' : 'BSD-2-Clause';
}

/** From the text of a `package.json`. */
export function npmLicence(manifest: string): string {
  let fields: { license?: unknown; licenses?: unknown };
  try {
    fields = JSON.parse(manifest.replace(/^\uFEFF/, '')) as typeof fields;
  } catch {
    return '';
  }
  const named = [fields.license, ...(Array.isArray(fields.licenses) ? (fields.licenses as unknown[]) : [])]
    .map((entry) => (typeof entry === 'object' && entry !== null ? (entry as { type?: unknown }).type : entry))
    .filter((entry) => typeof entry === 'string');
  // The old list of licences offers a choice: https://docs.npmjs.com/cli/v11/configuring-npm/package-json#license
  const names = named.map((name) => (/\s(?:OR|AND|WITH)\s/i.test(name) ? name : spdxName(name)));
  return [...new Set(names)].join(' OR ');
}

/** From the text of a `METADATA` or `PKG-INFO` (https://packaging.python.org/specifications/core-metadata). */
export function pypiLicence(metadata: string): string {
  const head = metadata.split(/\r?\n\r?\n/, 1)[0] ?? '';
  const values = (field: string): string[] =>
    [...head.matchAll(new RegExp(`^${field}:[ \\t]*(.+)$`, 'gim'))].map((match) => match[1]!.trim());
  const expression = values('License-Expression')[0];
  if (expression !== undefined) return expression;
  const classified = values('Classifier')
    .filter((value) => value.startsWith('License :: ') && value !== 'License :: OSI Approved')
    .map((value) =>
      spdxName(
        value
          .split(' :: ')
          .at(-1)!
          .replace(/\s*\([^)]*\)$/, ''),
      ),
    );
  // Several classifiers may be a choice or a mixture: all must be permissive.
  if (classified.length > 0) return [...new Set(classified)].join(' AND ');
  const free = values('License')[0] ?? '';
  return /\s(?:OR|AND|WITH)\s/.test(free) ? free : spdxName(free);
}
