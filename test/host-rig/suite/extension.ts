import * as vscode from 'vscode';

interface Manifest {
  version: string;
  contributes: {
    commands: { command: string; title: string; category: string }[];
    configuration: { properties: Record<string, { default: unknown }> }[];
  };
}

/** The extension under test, which VS Code has found by itself. */
export function cribsheet(): { manifest: Manifest; isActive(): boolean; activate(): Promise<unknown> } {
  const extension = vscode.extensions.getExtension('cribsheet.cribsheet');
  if (extension === undefined) throw new Error('VS Code does not know the extension cribsheet.cribsheet.');
  return {
    manifest: extension.packageJSON as Manifest,
    isActive: () => extension.isActive,
    activate: async () => extension.activate(),
  };
}
