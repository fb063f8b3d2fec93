import { readFileSync } from 'node:fs';
import type { Draw } from './draw.ts';
import type { Family } from './request.ts';

/** The instruction of a built-in task: what stands between front matter and examples. */
function taskText(id: string): string {
  const text = readFileSync(new URL(`../../media/tasks/${id}.crib`, import.meta.url), 'utf8');
  const body = text.split(/^---$/m)[2] ?? '';
  return (body.split(/^## Examples$/m)[0] ?? '').trim();
}

const lookup = taskText('api-lookup');
const review = taskText('code-review');
const onboarding = taskText('onboarding');
const bugs = taskText('bug-hunt');

/** Built-in instructions that fit a family; the first is the usual one. */
const builtIn: Record<Family, readonly string[]> = {
  code: [lookup, lookup, lookup, lookup, onboarding, bugs],
  review: [review, review, review, review, bugs],
  memberships: [lookup, onboarding],
  needles: [lookup, onboarding],
  extraction: [lookup],
};

/** Other words for the same tasks. */
export const ownInstructions: Record<Family, readonly string[]> = {
  code: [
    'Find functions.',
    'Look up definitions.',
    'Answer questions about this code.',
    'Questions about functions, classes and files follow.',
    'Find where things are defined.',
    'Names, paths, parameters, return types.',
    'You help to find your way in a code base: say where things are, how they are called and what they are for.',
    'Symbol lookup: definitions, signatures, documentation, callers.',
    'Help a developer who is new to this code: which file, which function, which arguments.',
    'Remember every definition, its file, its parameters and what it returns.',
    'Reference questions: signatures, return types, descriptions, imports, call sites.',
    'Keep what is needed to say which function calls which, and where both are defined.',
    'API reference. Give names, signatures and files exactly as they are written.',
    'code navigation',
    'Which file, which line of the interface, which caller: answer from the source.',
    'A developer will ask how to call the functions of this project, what they return and who uses them.',
    'Be ready to list what a file defines, what it imports, and what each part is for.',
    'Find names, read signatures, follow calls.',
    'Index this source so that any function, class, method or constant can be found again.',
    'Look for declarations and their documentation.',
    'Answer short questions about the source below with exact names.',
    'Where is what, and who calls whom?',
    'Prepare for questions about the structure: files, classes, methods, functions, relations.',
    'Onboarding: where things are, what they do.',
  ],
  review: [
    'Review this code.',
    'Find defects.',
    'Find bugs.',
    'code review',
    'Look for mistakes that a reviewer would point out.',
    'Check every function for swallowed errors, leftovers, secrets and unsafe evaluation.',
    'Look for empty catch blocks, TODO comments, debug prints, passwords, eval, promises that are not awaited, files that stay open.',
    'Audit the code for common defects.',
    'Say which functions have a problem and which problem it is.',
    'Read like a strict reviewer: errors that vanish, work left undone, output meant for debugging, keys in the source.',
    'Security and quality review.',
    'Find what should not be merged.',
    'Point out bad error handling, leftover debugging, hard-coded credentials, resources that leak.',
    'Defect hunt: one finding a function, or none.',
    'Which functions are not ready for release?',
    'Inspect each function; name its defect if it has one.',
    'Lint with care: swallowed exceptions, mutable defaults, missing await, off-by-one loops, eval.',
    'Quality gate. Report defects only where there are some.',
    'Before the release: look for anything unfinished, unsafe or forgotten.',
    'Look for risky code.',
    'Search for problems in the functions below.',
    'Is there anything wrong with this code?',
  ],
  memberships: [
    'Answer questions about people, projects and memberships.',
    'Who works on what?',
    'Keep who belongs to which project, in which role, and what each project is about.',
    'Questions about staff and projects follow.',
    'Remember people, their projects, roles and departments.',
    'Directory: persons, projects, sponsors, domains.',
    'Answer factual questions about this corpus.',
    'Facts about an organisation.',
    'Look up who does what, and for which project.',
    'Relations between people and projects.',
    'Which services, handlers and owners belong together?',
    'Find how the entries of these registries are connected.',
    'Keep names and the relations between them.',
    'people, projects, roles',
    'Find members, sponsors, domains and years.',
    'Be ready to combine two entries: who belongs to a project, and what is known of that project.',
    'Organisation chart questions.',
    'Names are similar: keep them apart.',
    'Read the records and answer by name.',
    'Join the entries: which handler, which owner, which service.',
    'Service catalogue: owners, routes, handlers, stores.',
    'Entity lookup.',
  ],
  needles: [
    'Find codes and pass phrases.',
    'Remember every access code.',
    'Somewhere in the text stand numbers that will be asked for.',
    'Keep exact numbers and words.',
    'Find the needle.',
    'Look for notes about codes, keys and numbers.',
    'Answer what the comments say.',
    'Exact values matter: codes, numbers, words.',
    'Read the remarks and remember their values.',
    'Which code belongs to which place?',
    'Notes in the source hold values. Keep them.',
    'Remember facts that do not fit the rest.',
    'Look for unusual sentences.',
    'Numbers hidden in code.',
    'find the code words',
    'Keep every sentence that states a code.',
    'Be ready to repeat numbers exactly.',
    'Search comments for values.',
    'Read closely; digits will be asked for.',
    'Recall exact details.',
  ],
  extraction: [
    'Extract values as JSON.',
    'Answer with JSON.',
    'Read records and give the fields asked for.',
    'Extraction: give the named fields of a record as JSON, in the order asked.',
    'Turn entries into JSON objects.',
    'structured extraction',
    'Keep the values of every record.',
    'Fields and values: repeat them exactly.',
    'Read tables, constants and descriptions; answer as JSON.',
    'Return JSON with the keys of the question.',
    'Collect settings and their values.',
    'Pull out the fields of the records below.',
    'Text to JSON.',
    'Look up rows and columns.',
    'Data entry: find a record, copy its fields.',
    'Keep numbers, names and units exact.',
    'Convert what is written to JSON.',
    'Find the record, return its fields.',
    'Values by key.',
    'JSON only.',
  ],
};

const ownShare = 0.4;

/** The text of the task that a sample is about. */
export function instructionFor(family: Family, draw: Draw): string {
  const fits = builtIn[family];
  const own = draw.chance(family === 'code' || family === 'review' ? ownShare : 0.85);
  return draw.pick(own ? ownInstructions[family] : fits);
}
