/**
 * The platforms that get a VSIX of their own (https://code.visualstudio.com/api/working-with-extensions/publishing-extension#platformspecific-extensions)
 * and which files of onnxruntime-node go into it. Whole platforms are left out, never a provider: what the runtime of
 * a platform can do, the packaged extension can do. A test holds this table against the installed package.
 */
export interface Target {
  name: string;
  /** Absent where onnxruntime-node has no binaries: search works there, answers from a model do not. */
  runtime?: { folder: string; files: readonly string[] };
}

const binding = 'onnxruntime_binding.node';
const linux = ['libonnxruntime.so.1', binding];
const windows = ['DirectML.dll', 'dxcompiler.dll', 'dxil.dll', 'onnxruntime.dll', binding];
// The package holds the same library twice; the binding asks for `@rpath/libonnxruntime.1.dylib`.
const mac = ['libonnxruntime.1.dylib', binding];

export const targets: readonly Target[] = [
  { name: 'win32-x64', runtime: { folder: 'win32/x64', files: windows } },
  { name: 'win32-arm64', runtime: { folder: 'win32/arm64', files: windows } },
  { name: 'darwin-arm64', runtime: { folder: 'darwin/arm64', files: mac } },
  { name: 'linux-x64', runtime: { folder: 'linux/x64', files: linux } },
  { name: 'linux-arm64', runtime: { folder: 'linux/arm64', files: linux } },
  { name: 'darwin-x64' },
  { name: 'alpine-x64' },
  { name: 'alpine-arm64' },
];

/** Folder of the binaries inside onnxruntime-node; part of its version, so it is checked at every packaging. */
export const runtimeBinaries = 'bin/napi-v6';

/** The target of the machine that this runs on. */
export function hostTarget(): Target {
  const name = `${process.platform}-${process.arch}`;
  const target = targets.find((candidate) => candidate.name === name);
  if (target === undefined) throw new Error(`There is no package for ${name}.`);
  return target;
}

/** @throws Error that lists the known ones */
export function targetOf(name: string): Target {
  const target = targets.find((candidate) => candidate.name === name);
  if (target === undefined) {
    throw new Error(`Unknown target "${name}". Known: ${targets.map((known) => known.name).join(', ')}.`);
  }
  return target;
}
