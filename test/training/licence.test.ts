import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { isPermissive, licenceOf, licenceOfText, npmLicence, pypiLicence } from '../../training/corpus/licence.ts';

describe('licences of npm packages', () => {
  test.each([
    ['{"license":"MIT"}', 'MIT', true],
    ['{"license":"(MIT OR GPL-2.0)"}', '(MIT OR GPL-2.0)', true],
    ['{"license":"(BSD-3-Clause AND GPL-3.0)"}', '(BSD-3-Clause AND GPL-3.0)', false],
    ['{"license":{"type":"Apache License, Version 2.0","url":"x"}}', 'Apache-2.0', true],
    ['{"licenses":[{"type":"MIT"},{"type":"GPL-3.0"}]}', 'MIT OR GPL-3.0', true],
    ['{"license":"MIT","licenses":[{"type":"MIT","url":"x"}]}', 'MIT', true],
    ['{"license":"SEE LICENSE IN LICENSE.txt"}', 'SEE LICENSE IN LICENSE.txt', false],
    ['{"license":"AGPL-3.0"}', 'AGPL-3.0', false],
    ['{"name":"x"}', '', false],
    ['no JSON', '', false],
  ])('%s', (manifest, licence, permissive) => {
    expect(npmLicence(manifest)).toBe(licence);
    expect(isPermissive(npmLicence(manifest))).toBe(permissive);
  });
});

describe('licences of Python packages', () => {
  const metadata = (...fields: string[]): string =>
    `Metadata-Version: 2.4\nName: x\n${fields.join('\n')}\n\nLicense: GPL\n`;

  test.each([
    [['License-Expression: Apache-2.0 OR BSD-2-Clause', 'License: GPL'], 'Apache-2.0 OR BSD-2-Clause', true],
    [['Classifier: License :: OSI Approved :: MIT License'], 'MIT', true],
    [['Classifier: License :: OSI Approved :: BSD License', 'License: anything'], 'BSD', true],
    [['Classifier: License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)'], 'MPL-2.0', true],
    [
      [
        'Classifier: License :: OSI Approved :: MIT License',
        'Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)',
      ],
      'MIT AND GNU General Public License v3',
      false,
    ],
    [['License: Apache License 2.0'], 'Apache-2.0', true],
    [['License: 3-Clause BSD License'], 'BSD-3-Clause', true],
    [['License: Apache Software License (Apache 2.0)'], 'Apache-2.0', true],
    [['License: BSD-3-Clause'], 'BSD-3-Clause', true],
    [['License: MIT License, with a surprise'], 'MIT License, with a surprise', false],
    [['Classifier: License :: OSI Approved', 'License: Python Software Foundation License'], 'PSF-2.0', true],
    [[], '', false],
  ])('%s', (fields, licence, permissive) => {
    expect(pypiLicence(metadata(...fields))).toBe(licence);
    expect(isPermissive(licence)).toBe(permissive);
  });

  test.each([
    ['MIT OR GPL-3.0-only AND ISC', true],
    ['GPL-3.0-only AND (MIT OR Apache-2.0)', false],
    ['(GPL-3.0-only OR (MIT AND ISC)) AND BSD-2-Clause', true],
    ['((MIT))', true],
    ['MIT OR', false],
    ['', false],
    ['()', false],
  ])('%s: %s', (expression, permissive) => {
    expect(isPermissive(expression)).toBe(permissive);
  });

  test('the exception that Rust packages take changes nothing', () => {
    expect(isPermissive('Apache-2.0 WITH LLVM-exception OR MIT')).toBe(true);
    expect(isPermissive('GPL-2.0 WITH LLVM-exception')).toBe(false);
  });
});

describe('licence files', () => {
  const mit =
    'The MIT License\n\nPermission is hereby granted, free of charge, to any person\nobtaining a copy of this software';
  const bsd =
    'Redistribution and use in source and binary forms, with or without\nmodification, are permitted provided that: 1. …';

  test.each([
    ['MIT', mit],
    ['BSD-2-Clause', bsd],
    ['BSD-3-Clause', `${bsd}\nNeither the name of the holder nor …`],
    ['Apache-2.0', '   Apache License\n   Version 2.0, January 2004\n   http://www.apache.org/licenses/'],
    ['', 'GNU GENERAL PUBLIC LICENSE\nVersion 3'],
    ['', `${mit}\nThe Commons Clause applies.`],
    ['', 'All rights reserved.'],
  ])('%s', (licence, text) => {
    expect(licenceOfText(text)).toBe(licence);
  });

  test('count only where the metadata name none, and all of them must be known', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'crib-licence-'));
    try {
      await mkdir(path.join(folder, 'x.dist-info/licenses'), { recursive: true });
      const at = (name: string): string => path.join(folder, 'x.dist-info', name);
      const licence = (): Promise<string> => licenceOf({ registry: 'pypi' }, folder, 'x.dist-info/METADATA');
      await writeFile(at('METADATA'), 'Name: x\nVersion: 1\n\n');
      expect(await licence()).toBe('');
      await writeFile(at('licenses/LICENSE.txt'), mit);
      expect(await licence()).toBe('MIT');
      await writeFile(at('COPYING'), bsd);
      expect(await licence()).toBe('BSD-2-Clause AND MIT');
      await writeFile(at('LICENSE'), 'Ask us.');
      expect(await licence()).toBe('');
      await writeFile(at('METADATA'), 'Name: x\nLicense-Expression: ISC\n\n');
      expect(await licence()).toBe('ISC');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
