import type { Surface } from './covers.ts';

/** The parts of `package.json` that users see. */
export interface Contributes {
  commands: { command: string }[];
  menus: Record<string, { command?: string; submenu?: string; when?: string; group?: string }[]>;
  keybindings: { command: string }[];
  views: Record<string, { id: string }[]>;
  viewsWelcome: { view: string; contents: string }[];
  walkthroughs: { steps: { id: string }[] }[];
  configuration: { properties: Record<string, unknown> }[];
  configurationDefaults: Record<string, unknown>;
  colors: { id: string }[];
  languages: { id: string }[];
  grammars: { scopeName: string }[];
  snippets: { language: string }[];
}

/**
 * Everything that is contributed. A place in a menu counts on its own: `menu view/title(chat) compress`,
 * `menu view/item/context(sheets, inline) rebuildSheet`. What the palette shows is one surface: it is compared as a whole.
 */
export function contributed(parts: Contributes): Surface[] {
  const all: Surface[] = [
    ...parts.commands.map(({ command }) => `command ${short(command)}` as const),
    ...Object.entries(parts.menus).flatMap(([menu, items]) =>
      menu === 'commandPalette' ? ['palette' as const] : items.map((item) => place(menu, item)),
    ),
    ...parts.keybindings.map(({ command }) => `key ${short(command)}` as const),
    ...Object.values(parts.views).flatMap((views) => views.map(({ id }) => `view ${short(id)}` as const)),
    ...parts.viewsWelcome.map(({ contents }) => `welcome ${contents.replaceAll(/^%welcome\.|%$/gu, '')}` as const),
    ...parts.walkthroughs.flatMap(({ steps }) => steps.map(({ id }) => `walkthrough ${id}` as const)),
    ...parts.configuration.flatMap(({ properties }) =>
      Object.keys(properties).map((id) => `setting ${short(id)}` as const),
    ),
    ...parts.colors.map(({ id }) => `color ${short(id)}` as const),
    ...parts.languages.map(({ id }) => `language ${id}` as const),
    ...parts.grammars.map(({ scopeName }) => `language grammar ${scopeName}` as const),
    ...parts.snippets.map(({ language }) => `language snippets ${language}` as const),
    ...Object.keys(parts.configurationDefaults).map((id) => `language defaults ${id}` as const),
  ];
  return [...new Set(all)];
}

function place(menu: string, { command, submenu, when, group }: Contributes['menus'][string][number]): Surface {
  const view = /view == cribsheet\.(\w+)/u.exec(when ?? '')?.[1];
  const details = [...(view === undefined ? [] : [view]), ...(group?.startsWith('inline') ? ['inline'] : [])];
  const where = details.length > 0 ? `${short(menu)}(${details.join(', ')})` : short(menu);
  return `menu ${where} ${short(command ?? submenu ?? '')}`;
}

const short = (id: string): string => id.replace(/^cribsheet\./u, '');
