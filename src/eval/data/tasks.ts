import type { Task } from '../../common/task.ts';

/** Tasks of made-up corpora. Their examples share neither names nor phrasings with any question (test/eval/disjoint.test.ts). */
export const membershipTask: Task = {
  id: 'eval-memberships',
  title: 'People and projects',
  description: 'Who takes part in which project, in which role, and what is known about the projects.',
  instruction:
    'People and projects: answer factual questions about who takes part in which projects, in which role and for which department, and about the domains, sponsors and years of those projects.',
  examples: [
    { question: 'To how many different projects has Sam Example been assigned?', answer: '3' },
    {
      question: 'Would you list the colleagues of Sam Example on Sample Venture?',
      answer: 'Alex Specimen, Kim Instance',
    },
    { question: 'What is the subject area of Sample Venture?', answer: 'paper folding' },
    { question: 'Which year saw the start of Sample Venture?', answer: '1950' },
  ],
  scope: [],
};

export const twinTask: Task = {
  id: 'eval-twin',
  title: 'Modules and owners',
  description: 'What modules import and call, who maintains them, what their functions return.',
  instruction:
    'Modules and owners: answer questions about which modules import which, which functions call which, what they return, and who maintains a module.',
  examples: [
    { question: 'How many functions has the module sampleModule?', answer: '4' },
    { question: 'Is sampleFunction exported?', answer: 'yes' },
    { question: 'Would you name a class of sampleModule?', answer: 'SampleThing' },
  ],
  scope: [],
};

export const needleTask: Task = {
  id: 'eval-needles',
  title: 'Numbers to remember',
  description: 'Numbers that are written down somewhere in the code.',
  instruction: 'Numbers to remember: find numbers that are written down in comments, and repeat them digit by digit.',
  examples: [{ question: 'What number belongs to the sample drawer?', answer: '1029384' }],
  scope: [],
};

export const extractionTask: Task = {
  id: 'eval-extraction',
  title: 'Extraction',
  description: 'Lists of records as JSON.',
  instruction: 'Extraction: collect all records of a kind from the text and give them as a JSON list of objects.',
  examples: [
    {
      question: 'Collect all sample rows as JSON objects with the keys name, hue and mass.',
      answer: '[{"name":"Sample Row","hue":"teal","mass":12}]',
    },
  ],
  scope: [],
};

export const completionTask: Task = {
  id: 'eval-completion',
  title: 'Completion',
  description: 'The line of code that comes next.',
  instruction: 'Completion: given lines of a file, write the line of code that comes next.',
  examples: [{ question: 'What comes after these lines of sample.py?\n\ndef sample():', answer: '    return None' }],
  scope: [],
};
