import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { validateCrib } from '../../src/common/crib.ts';
import { devices, modes } from '../../src/common/names.ts';
import { readValues, reviewModes, reviewSeverities, workerSettings } from '../../src/host/settings/values.ts';
import { activate, hostBundles, type HostBundles } from './hostBundle.ts';
import { readJson, repository } from './texts.ts';

interface Setting {
  type: string | string[];
  default: unknown;
  enum?: string[];
  enumDescriptions?: string[];
  items?: { enum?: string[] };
  scope: string;
  description?: string;
  markdownDescription?: string;
}
interface MenuItem {
  command?: string;
  submenu?: string;
  when?: string;
}
interface Manifest {
  l10n: string;
  icon: string;
  capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string; title: string; enablement?: string }[];
    menus: Record<string, MenuItem[]>;
    submenus: { id: string }[];
    keybindings: { command: string; when: string }[];
    viewsContainers: { activitybar: { id: string; icon: string }[] };
    views: Record<string, { id: string; icon: string }[]>;
    viewsWelcome: { view: string; contents: string }[];
    walkthroughs: {
      id: string;
      icon: string;
      steps: { id: string; description: string; media: { svg: string }; completionEvents: string[] }[];
    }[];
    configuration: { properties: Record<string, Setting> }[];
    colors: { id: string; defaults: Record<string, string> }[];
    languages: { id: string; configuration: string; icon: { light: string; dark: string } }[];
    grammars: { path: string; language: string }[];
    snippets: { path: string; language: string }[];
  };
}

const manifest = readJson<Manifest>('package.json');
const { contributes } = manifest;
const texts = readJson<Record<string, string>>('package.nls.json');
const commands = contributes.commands.map(({ command }) => command);
const views = Object.values(contributes.views).flat();
const settings = Object.assign({}, ...contributes.configuration.map(({ properties }) => properties)) as Record<
  string,
  Setting
>;
/** What VS Code itself has, and we may point at. */
const builtIn = ['vscode.openFolder', 'workbench.trust.manage'];
const known = [...commands, ...builtIn, ...views.map(({ id }) => `${id}.focus`)];
const isThere = (file: string): boolean => existsSync(path.join(repository, file));
const source = (file: string): string => readFileSync(path.join(repository, file), 'utf8');
const linked = (text: string): string[] => [...text.matchAll(/\]\(command:([\w.]+)/gu)].map((match) => match[1]!);
const localized = (value: string): string => texts[value.replaceAll('%', '')] ?? '';

let bundles: HostBundles;
beforeAll(async () => {
  bundles = await hostBundles();
});

describe('activation', () => {
  test('registers the contributed commands, and does nothing else before it returns', () => {
    const { commands: registered, started, views: shown, log } = activate(bundles);
    expect([...registered.keys()].toSorted()).toEqual(commands.toSorted());
    expect({ started, shown, log }).toEqual({ started: [], shown: [], log: [] });
  });

  test('is followed by the rest: each contributed view, and something to run for each command', async () => {
    const { afterwards, started, views: shown, log, errors, subscriptions } = activate(bundles);
    await afterwards();
    expect(errors).toEqual([]);
    expect(started.map((ids) => ids.toSorted())).toEqual([commands.toSorted()]);
    expect(shown.toSorted()).toEqual(views.map(({ id }) => id).toSorted());
    expect(log[0]).toMatch(/Cribsheet \d+\.\d+\.\d+ on Test 1\.106\.0, .*started in/u);
    expect(subscriptions.length).toBeGreaterThan(commands.length + 10);
  });

  test('a command that comes first brings the rest with it, and there is only one of it', async () => {
    const { commands: registered, started, afterwards } = activate(bundles);
    await registered.get('cribsheet.showVersion')!();
    expect(started).toHaveLength(1);
    await afterwards();
    expect(started).toHaveLength(1);
  });

  test('where the rest cannot be started, the user is told why, and what to do', async () => {
    const { afterwards, errors } = activate({ ...bundles, host: "throw new Error('half of a file')" });
    await afterwards();
    expect(errors).toEqual([
      'Cribsheet could not be started: Error: half of a file. Reload the window, or install it again.',
    ]);
  });

  test('loads no data of languages: that alone takes longer than all the rest', async () => {
    const before = Intl.NumberFormat;
    let made = 0;
    const Counted = new Proxy(before, {
      construct(target, args: ConstructorParameters<typeof before>) {
        made++;
        return new target(...args);
      },
    });
    await activate(bundles, { Intl: { NumberFormat: Counted } }).afterwards();
    expect(made).toBe(0);
  });

  test('stays small: 4 kB that VS Code waits for, less than 250 kB in all, no engine, no YAML', () => {
    expect(Buffer.byteLength(bundles.extension)).toBeLessThan(4_000);
    const all = bundles.extension + bundles.host;
    expect(Buffer.byteLength(all)).toBeLessThan(250_000);
    expect(all).not.toMatch(/onnxruntime|tree-sitter|node:sqlite|YAMLMap/u);
  });
});

describe('commands', () => {
  test('are all contributed where a menu, a key or a link names one', () => {
    const menus = Object.values(contributes.menus).flat();
    for (const { command, submenu } of menus) {
      if (command !== undefined) expect(commands).toContain(command);
      else expect(contributes.submenus.map(({ id }) => id)).toContain(submenu);
    }
    for (const { command } of contributes.keybindings) expect(commands).toContain(command);
    for (const { id } of contributes.submenus) expect(Object.keys(contributes.menus)).toContain(id);
    const links = Object.values(texts).flatMap(linked);
    expect(links.length).toBeGreaterThan(8);
    for (const link of links) expect(known).toContain(link);
    for (const [, command] of source('src/host/editor/chatHost.ts').matchAll(/: '(cribsheet\.\w+)'/gu)) {
      expect(commands).toContain(command);
    }
  });

  test('can be reached: each is in the palette, or in a menu where what it works on is at hand', () => {
    const hidden = contributes.menus['commandPalette']!.filter(({ when }) => when === 'false');
    const others = Object.entries(contributes.menus)
      .filter(([menu]) => menu !== 'commandPalette')
      .flatMap(([, items]) => items.map(({ command }) => command));
    const inCode = source('src/host/editor/reviewCommands.ts');
    for (const { command } of hidden) {
      expect(others.includes(command) || inCode.includes(`'${command!}'`), command).toBe(true);
    }
  });

  test('are offered only under conditions that somebody sets', () => {
    const clauses = [
      ...contributes.commands.map(({ enablement }) => enablement),
      ...Object.values(contributes.menus).flatMap((items) => items.map(({ when }) => when)),
      ...contributes.keybindings.map(({ when }) => when),
    ].join(' && ');
    const used = new Set([...clauses.matchAll(/cribsheet\.(\w+)/gu)].map((match) => match[1]!));
    for (const { id } of views) used.delete(id.replace('cribsheet.', ''));
    const code = ['main.ts', 'status/followContexts.ts'].map((file) => source(`src/host/${file}`)).join('\n');
    const set = new Set([...code.matchAll(/contexts\.set\(\s*'(\w+)'/gu)].map((match) => match[1]!));
    expect([...used].toSorted()).toEqual([...set].toSorted());
  });
});

describe('settings', () => {
  test('are all read, and nothing is read that is none', () => {
    const read = new Set<string>();
    readValues((key) => {
      read.add(`cribsheet.${key}`);
      return undefined;
    });
    expect([...read].toSorted()).toEqual(Object.keys(settings).toSorted());
  });

  test('have defaults that mean the same as nothing', () => {
    const byDefault = readValues((key) => settings[`cribsheet.${key}`]?.default);
    expect(byDefault).toEqual(readValues(() => undefined));
  });

  test('offer what the engine knows', () => {
    expect(settings['cribsheet.mode']?.enum?.toSorted()).toEqual([...modes].toSorted());
    expect(settings['cribsheet.device']?.enum?.toSorted()).toEqual([...devices].toSorted());
    expect(settings['cribsheet.review.mode']?.enum).toEqual([...reviewModes]);
    expect(settings['cribsheet.review.severity']?.enum).toEqual([...reviewSeverities]);
    expect(settings['cribsheet.compareModes']?.items?.enum?.toSorted()).toEqual(
      modes.filter((mode) => mode !== 'auto').toSorted(),
    );
  });

  test('are described, and each value of a list as well', () => {
    for (const [name, setting] of Object.entries(settings)) {
      expect(localized(setting.markdownDescription ?? setting.description ?? ''), name).not.toBe('');
      if (setting.enum) expect(setting.enumDescriptions, name).toHaveLength(setting.enum.length);
      for (const description of setting.enumDescriptions ?? [])
        expect(localized(description), description).not.toBe('');
    }
  });

  test('that decide what runs are not taken from a folder that is not trusted', () => {
    const { supported, restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    expect(supported).toBe('limited');
    expect(restrictedConfigurations.toSorted()).toEqual(workerSettings.map((key) => `cribsheet.${key}`).toSorted());
    for (const name of restrictedConfigurations) expect(settings[name]?.scope, name).toMatch(/^machine/u);
  });
});

describe('views and walkthrough', () => {
  test('belong together', () => {
    expect(Object.keys(contributes.views)).toEqual(contributes.viewsContainers.activitybar.map(({ id }) => id));
    for (const { view } of contributes.viewsWelcome) expect(views.map(({ id }) => id)).toContain(view);
  });

  test('have five steps with pictures, a button each, and an event that checks them off', () => {
    const [walkthrough] = contributes.walkthroughs;
    expect(walkthrough?.steps).toHaveLength(5);
    for (const { id, description, media, completionEvents } of walkthrough!.steps) {
      expect(linked(localized(description)).length, id).toBeGreaterThan(0);
      const svg = source(media.svg);
      // VS Code lets no style sheet into the page that shows it; colours come from the theme.
      expect(svg).not.toMatch(/<style|class=|style=|<script/u);
      expect(svg).toMatch(/var\(--vscode-/u);
      expect(completionEvents.length).toBeGreaterThan(0);
      for (const event of completionEvents) {
        const [kind, name = ''] = event.split(':');
        if (kind === 'onCommand') expect(commands).toContain(name);
        else if (kind === 'onView') expect(views.map((view) => view.id)).toContain(name);
        else expect(event).toMatch(/^onContext:cribsheet\.has\w+$/u);
      }
    }
  });
});

describe('files', () => {
  test('that are named are there', () => {
    const named = [
      manifest.icon,
      `${manifest.l10n}/bundle.l10n.json`,
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
      ...views.map(({ icon }) => icon),
      ...contributes.walkthroughs.map(({ icon }) => icon),
      ...contributes.languages.flatMap(({ configuration, icon }) => [configuration, icon.light, icon.dark]),
      ...contributes.grammars.map(({ path }) => path),
      ...contributes.snippets.map(({ path }) => path),
    ];
    for (const file of named) expect(isThere(file), file).toBe(true);
  });

  test('of colours: each one is used, in all four kinds of themes', () => {
    const code = ['keptView.ts', 'openLines.ts'].map((file) => source(`src/host/editor/${file}`)).join('\n');
    const steps = { kept: 5, citation: 3 };
    const made = Object.entries(steps).flatMap(([name, n]) => {
      expect(code).toContain(`cribsheet.${name}\${index + 1}Background`);
      return Array.from({ length: n }, (_, index) => `cribsheet.${name}${index + 1}Background`);
    });
    expect(contributes.colors.map(({ id }) => id).toSorted()).toEqual(made.toSorted());
    for (const { id, defaults } of contributes.colors) {
      expect(Object.keys(defaults), id).toEqual(['dark', 'light', 'highContrast', 'highContrastLight']);
    }
  });

  test('of snippets: the whole task is a valid task', () => {
    const snippets = readJson<Record<string, { body: string | string[] }>>('snippets/crib.json');
    const plain = (body: string | string[]): string =>
      [body]
        .flat()
        .join('\n')
        .replaceAll('${TM_FILENAME_BASE:my-task}', 'my-task')
        .replaceAll(/\$\{\d+\|([^,|]*)[^}]*\}/gu, '$1')
        .replaceAll(/\$\{\d+:([^}]*)\}/gu, '$1')
        .replaceAll('$0', '');
    const task = plain(snippets['Task']!.body);
    expect(validateCrib(task)).toEqual([]);
    const head = '---\nid: a\n---\n\nLook.\n\n';
    for (const name of ['Examples']) expect(validateCrib(head + plain(snippets[name]!.body)), name).toEqual([]);
    expect(validateCrib(`${head}## Examples\n\n${plain(snippets['Question and answer']!.body)}`)).toEqual([]);
    for (const name of ['Scope', 'Ratio']) {
      expect(validateCrib(`---\nid: a\n${plain(snippets[name]!.body)}\n---\n\nLook.\n`), name).toEqual([]);
    }
  });
});
