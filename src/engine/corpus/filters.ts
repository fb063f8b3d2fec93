import { limits } from '../../common/limits.ts';
import { hasGeneratedName, saysGenerated } from './generated.ts';
import { baseName } from './paths.ts';
import { isPrivateKey, isSecretPath } from './secrets.ts';
import type { SkipReason } from './types.ts';

const lockFiles = new Set([
  ...['package-lock.json', 'npm-shrinkwrap.json', '.package-lock.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock'],
  ...['bun.lockb', 'deno.lock', 'cargo.lock', 'poetry.lock', 'uv.lock', 'pdm.lock', 'pixi.lock', 'pipfile.lock'],
  ...['conda-lock.yml', 'pylock.toml', 'go.sum', 'go.work.sum', 'gopkg.lock', 'glide.lock', 'composer.lock'],
  ...['gemfile.lock', 'gems.locked', 'podfile.lock', 'cartfile.resolved', 'package.resolved', 'pubspec.lock'],
  ...['mix.lock', 'rebar.lock', 'flake.lock', 'packages.lock.json', 'project.assets.json', 'paket.lock'],
  ...['gradle.lockfile', 'buildscript-gradle.lockfile', 'conan.lock', 'vcpkg-lock.json', 'elm-stuff.json'],
  ...['module.bazel.lock', '.terraform.lock.hcl', 'cabal.project.freeze', 'stack.yaml.lock', 'chart.lock'],
  ...['shard.lock', 'dub.selections.json', 'manifest.toml.lock', 'opam.locked', 'maven_install.json'],
]);

/** Extensions of files that hold no source text, lower case. An SVG is text, but a drawing. */
const binaryExtensions = new Set([
  // images, drawings, fonts
  ...['png', 'jpg', 'jpeg', 'jpe', 'jfif', 'gif', 'bmp', 'ico', 'cur', 'icns', 'tif', 'tiff', 'webp', 'avif', 'heic'],
  ...['heif', 'jxl', 'jp2', 'psd', 'psb', 'xcf', 'ai', 'eps', 'svg', 'svgz', 'raw', 'cr2', 'nef', 'dng', 'exr', 'hdr'],
  ...['dds', 'ktx', 'ktx2', 'tga', 'pbm', 'pgm', 'ppm', 'sketch', 'fig', 'xd'],
  ...['woff', 'woff2', 'ttf', 'otf', 'ttc', 'eot', 'pfb', 'pfm'],
  // sound, film
  ...['mp3', 'wav', 'ogg', 'oga', 'flac', 'aac', 'm4a', 'wma', 'aif', 'aiff', 'mid', 'midi', 'opus'],
  ...['mp4', 'm4v', 'mkv', 'webm', 'avi', 'mov', 'wmv', 'flv', 'mpg', 'mpeg', 'ogv', '3gp'],
  // archives, packages, disk images
  ...['zip', 'tar', 'gz', 'tgz', 'bz2', 'tbz2', 'xz', 'txz', 'lz', 'lz4', 'lzma', 'zst', 'br', '7z', 'rar', 'z', 'cab'],
  ...['jar', 'war', 'ear', 'aar', 'apk', 'aab', 'ipa', 'deb', 'rpm', 'dmg', 'pkg', 'msi', 'iso', 'img', 'qcow2'],
  ...['vmdk', 'vhd', 'vhdx', 'snap.gz', 'whl', 'egg', 'gem', 'nupkg', 'vsix', 'crx', 'xpi', 'crate', 'asar'],
  // machine code
  ...['exe', 'dll', 'so', 'dylib', 'a', 'lib', 'o', 'obj', 'pdb', 'ilk', 'ko', 'elf', 'com', 'class', 'dex', 'pyc'],
  ...['pyo', 'pyd', 'beam', 'wasm', 'bc', 'rlib', 'rmeta', 'hi', 'cmi', 'cmo', 'cmx', 'node', 'gch', 'pch', 'nib'],
  ...['exp', 'dsym', 'hex', 'uf2', 'elc', 'luac', 'swiftmodule', 'metallib', 'ptx', 'cubin', 'spv'],
  // documents
  ...['pdf', 'doc', 'docx', 'docm', 'dot', 'dotx', 'xls', 'xlsx', 'xlsm', 'xlsb', 'ppt', 'pptx', 'pps', 'odt', 'ods'],
  ...['odp', 'odg', 'rtf', 'pages', 'numbers', 'epub', 'mobi', 'azw3', 'djvu', 'ps', 'chm', 'one', 'vsd', 'vsdx'],
  // data, databases, model weights
  ...['db', 'db3', 'sqlite', 'sqlite3', 'sqlite-wal', 'sqlite-shm', 'mdb', 'accdb', 'dbf', 'frm', 'ibd', 'rdb', 'ldb'],
  ...['parquet', 'feather', 'arrow', 'orc', 'avro', 'h5', 'hdf5', 'nc', 'npy', 'npz', 'mat', 'rda', 'rdata', 'rds'],
  ...['pkl', 'pickle', 'joblib', 'pt', 'pth', 'ckpt', 'safetensors', 'onnx', 'onnx_data', 'ort', 'gguf', 'ggml'],
  ...['tflite', 'mlmodel', 'keras', 'caffemodel', 'tfrecord', 'bin', 'dat', 'pack', 'idx', 'rev', 'dump', 'mo', 'gmo'],
  // 3D, games, maps
  ...['fbx', 'blend', 'glb', 'stl', '3ds', 'max', 'ma', 'uasset', 'umap', 'unitypackage', 'pak', 'shp', 'shx', 'pcap'],
]);

/** What the path alone rules out, or undefined. Secrets come first: their reason must not hide behind another. */
export function reasonByName(path: string): SkipReason | undefined {
  // Tasks hold sample answers: in a sheet they would be told back as facts.
  if (/(?:^|\/)\.cribsheet\//.test(path)) return 'ignored';
  if (isSecretPath(path)) return 'secret';
  const name = baseName(path).toLowerCase();
  if (lockFiles.has(name)) return 'lock-file';
  const dot = name.lastIndexOf('.');
  if (dot > 0 && binaryExtensions.has(name.slice(dot + 1))) return 'binary';
  if (/[.-]min\.(?:[cm]?js|css|html?|json|svg)(?:\.map)?$/.test(name)) return 'minified';
  return hasGeneratedName(path) ? 'generated' : undefined;
}

/** Keeps a byte-order mark, so that encoding the text gives the bytes again. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of the file at `path`, or why its bytes rule it out. Encoding the text as UTF-8 gives exactly the bytes. */
export function decodeSource(bytes: Uint8Array, path: string): { text: string } | { reason: SkipReason } {
  if (startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff) || startsWith(bytes, 0, 0, 0xfe, 0xff)) {
    return { reason: 'not-utf8' };
  }
  if (bytes.includes(0)) return { reason: 'binary' };
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { reason: 'not-utf8' };
  }
  const reason = reasonByText(text, path);
  return reason === undefined ? { text } : { reason };
}

function reasonByText(text: string, path: string): SkipReason | undefined {
  // Git LFS leaves this in place of a large binary file.
  if (text.startsWith('version https://git-lfs.github.com/spec/')) return 'binary';
  if (isPrivateKey(text)) return 'secret';
  if (saysGenerated(text)) return 'generated';
  return isMinified(text, path) ? 'minified' : undefined;
}

/** Formats in which people write a paragraph as one line. */
const prose = /\.(?:md|mdx|mkd|markdown|rst|adoc|asciidoc|org|tex|textile)$/i;

/** A line (in prose: a word, such as an embedded image) with more UTF-16 units than a person writes. */
function isMinified(text: string, path: string): boolean {
  let start = 0;
  for (const end of text.matchAll(prose.test(path) ? /\s+|$/g : /\r\n|\n|\r|$/g)) {
    if (end.index - start > limits.maxLineLength) return true;
    start = end.index + end[0].length;
  }
  return false;
}

function startsWith(bytes: Uint8Array, ...head: readonly number[]): boolean {
  return head.every((byte, index) => bytes[index] === byte);
}
