/** Changes in here are no changes of source: git's own files, and what packages write while they are installed. */
const never = /(?:^|\/)(?:\.git|node_modules)(?:\/|$)/u;
/** Ignore files say what is read, and tasks are read by themselves, whoever ignores them. */
const always = /(?:^|\/)\.(?:git|cribsheet)ignore$|^\.cribsheet\//u;

/**
 * Does a change of this file matter? Not where ignore files have kept it out: a log that is written all the time would
 * make a folder look changed for good.
 * @param path relative to the workspace folder, with forward slashes
 * @param ignored what was left out when the folder was read last: paths, folders with a slash at their end
 */
export function isCounted(path: string, ignored: ReadonlySet<string>): boolean {
  if (never.test(path)) return false;
  if (always.test(path)) return true;
  if (ignored.has(path) || ignored.has(`${path}/`)) return false;
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    if (ignored.has(path.slice(0, slash + 1))) return false;
  }
  return true;
}
