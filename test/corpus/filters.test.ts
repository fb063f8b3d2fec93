import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { limits } from '../../src/common/limits.ts';
import { decodeSource as decode, reasonByName } from '../../src/engine/corpus/filters.ts';
import { saysGenerated } from '../../src/engine/corpus/generated.ts';
import { isSecretPath } from '../../src/engine/corpus/secrets.ts';

const decodeSource = (bytes: Uint8Array, path = 'a.ts') => decode(bytes, path);
const bytesOf = (text: string) => new TextEncoder().encode(text);
const reasonOfText = (text: string, path = 'a.ts') => {
  const decoded = decodeSource(bytesOf(text), path);
  return 'reason' in decoded ? decoded.reason : 'in';
};

describe('reasonByName', () => {
  const table: Readonly<Record<string, readonly string[]>> = {
    secret: [
      ...[
        '.env',
        'app/.env',
        '.env.local',
        '.env.production',
        'prod.env',
        '.ENV',
        '.envrc',
        'certs/server.pem',
        'a.key',
      ],
      ...['id_rsa', '.ssh/id_work', '.ssh/authorized_keys', 'x.pfx', 'x.p12', 'release.jks', 'my.keystore', 'a.kdbx'],
      ...['credentials', '.aws/credentials', 'credentials.json', 'secrets.yaml', 'secret.yml', '.netrc', '.npmrc'],
      ...['.pypirc', '.git-credentials', 'service-account-prod.json', 'client_secret_1.json', 'terraform.tfstate'],
      ...['prod.tfvars', 'terraform.tfstate.backup', '.docker/config.json', '.kube/config', '.pgpass', 'id_ed25519'],
      ...['sample.pem', '.gnupg/trustdb'],
    ],
    ignored: ['.cribsheet/tasks/errors.crib', 'packages/a/.cribsheet/tasks/x.crib'],
    'lock-file': [
      ...['package-lock.json', 'a/yarn.lock', 'pnpm-lock.yaml', 'Cargo.lock', 'poetry.lock', 'uv.lock', 'go.sum'],
      ...['Gemfile.lock', 'composer.lock', 'Pipfile.lock', 'flake.lock', 'bun.lockb', 'packages.lock.json'],
    ],
    binary: [
      'a.png',
      'A.JPG',
      'x.zip',
      'x.tar.gz',
      'f.woff2',
      'm.safetensors',
      'm.onnx',
      'm.gguf',
      'a.class',
      'l.svg',
      'd.pdf',
    ],
    minified: ['jquery.min.js', 'a.min.css', 'lib-min.js', 'a.min.mjs', 'a.min.js.map'],
    generated: [
      ...['main.js.map', 'api.pb.go', 'api_pb2.py', 'api_pb2_grpc.py', 'api_pb2.pyi', 'x.pb.cc', 'x.pb.h', 'a_pb.d.ts'],
      ...['m.g.dart', 'm.freezed.dart', 'Form.Designer.cs', 'x.g.cs', 'schema.generated.ts', 'routeTree.gen.ts'],
      ...['zz_generated.deepcopy.go', 'tsconfig.tsbuildinfo', '__snapshots__/a.test.ts.snap'],
    ],
    in: [
      ...['.env.example', '.env.sample', 'example.env', 'env.ts', 'env.d.ts', 'environment.py', 'keys.ts', 'key.py'],
      ...[
        'credentials.ts',
        'secrets/index.ts',
        'secret.rs',
        'id_rsa.pub',
        '.ssh/config',
        'src/lock.ts',
        'package.json',
      ],
      ...[
        'Cargo.toml',
        'go.mod',
        'a.ts',
        'Makefile',
        '.png',
        'png',
        'min.js',
        'admin.js',
        'mapper.js',
        'map',
        'a.pb',
        'pb.go',
      ],
      ...['generated.ts', 'snap.py', '.gitignore', 'Dockerfile', 'a.proto', 'secrets.example.yaml', 'a.csv', 'dist.ts'],
    ],
  };
  for (const [reason, paths] of Object.entries(table)) {
    it.each(paths)(`${reason}: %s`, (path) => {
      expect(reasonByName(path) ?? 'in').toBe(reason);
    });
  }

  it('knows a secret by its name in any folder, in any case', () => {
    const secrets = fc.constantFrom('.env', 'id_rsa', 'server.key', 'credentials.json', '.netrc');
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'src', 'x.y', 'node')),
        secrets,
        fc.boolean(),
        (folders, name, upper) => {
          const path = [...folders, upper ? name.toUpperCase() : name].join('/');
          expect(isSecretPath(path)).toBe(true);
        },
      ),
    );
  });
});

describe('decodeSource', () => {
  it('gives text that encodes to exactly the bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (body, mark) => {
        const text = (mark ? '\uFEFF' : '') + body;
        const bytes = bytesOf(text);
        const decoded = decodeSource(bytes);
        if ('text' in decoded) expect(bytesOf(decoded.text)).toEqual(bytes);
        else expect(bytes.includes(0)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('lets in no bytes that are not UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const decoded = decodeSource(bytes);
        if ('text' in decoded) expect(bytesOf(decoded.text)).toEqual(bytes);
        else expect(['binary', 'not-utf8']).toContain(decoded.reason);
      }),
      { numRuns: 2000 },
    );
  });

  it('tells UTF-16 and Latin-1 from binary files', () => {
    const utf16 = Buffer.from('\uFEFFconst a = 1;', 'utf16le');
    expect(decodeSource(utf16)).toEqual({ reason: 'not-utf8' });
    expect(decodeSource(Buffer.from(utf16).swap16())).toEqual({ reason: 'not-utf8' });
    expect(decodeSource(Buffer.from('// gr\u00fcn', 'latin1'))).toEqual({ reason: 'not-utf8' });
    expect(decodeSource(bytesOf('a\0b'))).toEqual({ reason: 'binary' });
    expect(decodeSource(bytesOf(`${'x\n'.repeat(20_000)}\0`))).toEqual({ reason: 'binary' });
    expect(decodeSource(bytesOf('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'))).toEqual({
      reason: 'binary',
    });
    expect(decodeSource(new Uint8Array())).toEqual({ text: '' });
  });

  it('takes a very long line for minified, whatever ends the lines', () => {
    const longest = 'x'.repeat(limits.maxLineLength);
    for (const end of ['\n', '\r\n', '\r']) {
      expect(reasonOfText(`a${end}${longest}${end}${longest}${end}b`)).toBe('in');
      expect(reasonOfText(`a${end}${longest}x${end}b`)).toBe('minified');
    }
    expect(reasonOfText(longest)).toBe('in');
    expect(reasonOfText(`${longest}x`)).toBe('minified');
  });

  it('lets prose have long paragraphs, but no long words', () => {
    const paragraph = 'a word and '.repeat(limits.maxLineLength);
    expect(reasonOfText(paragraph)).toBe('minified');
    for (const path of ['README.md', 'docs/a.RST']) {
      expect(reasonOfText(paragraph, path)).toBe('in');
      expect(reasonOfText(`${paragraph}data:image/png;base64,${'A'.repeat(limits.maxLineLength)}`, path)).toBe(
        'minified',
      );
    }
  });

  it('knows a private key under another name', () => {
    const label = 'PRIVATE KEY';
    expect(reasonOfText(`\n-----BEGIN RSA ${label}-----\nMIIE\n`)).toBe('secret');
    expect(reasonOfText(`-----BEGIN ${label}-----\nMIIE\n`)).toBe('secret');
    expect(reasonOfText(`-----BEGIN PGP ${label} BLOCK-----\n`)).toBe('secret');
    expect(reasonOfText('-----BEGIN PUBLIC KEY-----\n')).toBe('in');
    expect(reasonOfText(`const head = '-----BEGIN ${label}-----';\n`)).toBe('in');
  });
});

describe('saysGenerated', () => {
  it.each([
    '// Code generated by protoc-gen-go. DO NOT EDIT.\npackage a\n',
    '// Copyright\n// License\n\n// Code generated by mockgen; DO NOT EDIT.\n\npackage a\n',
    '/* eslint-disable */\n/* @generated */\nexport {};\n',
    '/**\n * @generated SignedSource<<abc>>\n */\n',
    '// @generated by protobuf-ts 2.9\n',
    '// This file is @generated by prost-build.\n',
    '# -*- coding: utf-8 -*-\n# Generated by the protocol buffer compiler.  DO NOT EDIT!\nimport x\n',
    '#!/usr/bin/env python\n"""\nThis file was automatically generated by SWIG.\n"""\n',
    '//------------\n// <auto-generated>\n//     This code was generated by a tool.\n',
    '<?xml version="1.0"?>\n<!-- This file is auto-generated, do not edit -->\n<a/>\n',
    '\uFEFF// <auto-generated/>\r\nnamespace A;\r\n',
    '/* automatically generated by rust-bindgen 0.59.1 */\n',
    '/* A Bison parser, made by GNU Bison 3.5. */\n',
    '-- Code generated by sqlc. DO NOT EDIT.\nselect 1;\n',
    '"use strict";\n// Auto-generated file\n',
    '<?php\n/**\n * DO NOT EDIT: this file is auto-generated\n */\n',
  ])('yes: %j', (text) => {
    expect(saysGenerated(text)).toBe(true);
    expect(reasonOfText(text)).toBe('generated');
  });

  it.each([
    'const marker = "@generated";\n',
    'package gen\n\nfunc f() {}\n// Code generated by f. DO NOT EDIT.\n',
    '// Writes files that begin with "Code generated by x. DO NOT EDIT."\n',
    '// Finds files that are marked @generated and skips them.\n',
    '# Generated by Django 4.2 on 2024-01-01\nfrom django.db import migrations\n',
    '"""Turns a grammar into generated code."""\n',
    '# Generated columns\n\nText about them.\n',
    '/** The generated parser is in parser.c. */\nint main;\n',
    '/* one */ int x; /* two\n@generated */\n',
    '',
  ])('no: %j', (text) => {
    expect(saysGenerated(text)).toBe(false);
  });

  it('lets in every source file of this project', () => {
    const root = join(import.meta.dirname, '../../src');
    for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.ts')) continue;
      expect(reasonByName(path), path).toBeUndefined();
      expect(decodeSource(readFileSync(join(root, path))), path).toHaveProperty('text');
    }
  });
});
