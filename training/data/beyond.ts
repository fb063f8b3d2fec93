import type { Draw } from './draw.ts';
import type { Asked } from './request.ts';

/** What the model says to questions that ask for reasoning or writing. */
const beyondAnswer = 'Beyond this model';

const topics = (
  'caching|error handling|the retry logic|logging|configuration|the build|startup|shutdown|the plugin system|authentication|the request flow|' +
  'data loading|the parser|rendering|the event loop|concurrency|memory use|the test setup|type checking|the public API|the module structure|' +
  'dependency injection|state management|the command line|file watching|validation|serialisation|streaming|the scheduler|time zones|security'
).split('|');

const aboutNames = [
  'Write a test for {n}.',
  'Refactor {n}.',
  'Why is {n} slow?',
  'How can I make {n} faster?',
  'Rewrite {n} in Rust.',
  'Rewrite {n} so that it is easier to read.',
  'Suggest a better name for {n}.',
  'Why was {n} written this way?',
  'What would break if I removed {n}?',
  'Write documentation for {n}.',
  'Convert {n} to async.',
  'What is the time complexity of {n}?',
  'Is {n} thread-safe?',
  'How would you design {n} differently?',
  'Add a cache to {n}.',
  'unit tests for {n} please',
  'Walk me through {n} step by step.',
  'Compare {n} with the way other libraries do it.',
  'Add error handling to {n}.',
  'Generate an example that uses {n}.',
  'Translate {n} into Python.',
  'What edge cases does {n} miss?',
  'Split {n} into smaller functions.',
  'how do i mock {n} in a test',
  'make {n} generic',
];

const aboutTopics = [
  'Explain how {t} works.',
  'How does {t} work in this project?',
  'What are the design trade-offs of {t}?',
  'Why is {t} done this way?',
  'How would you improve {t}?',
  'Give me an overview of {t}.',
  'What is the architecture of {t}?',
  'Draw a diagram of {t}.',
  'Write a blog post about {t}.',
  'What are the weak points of {t}?',
  'Plan a rewrite of {t}.',
  'How does {t} compare with best practice?',
  'Summarise the history of {t}.',
  'explain {t} to a beginner',
  'What should I know about {t} before I change it?',
  'Is {t} good enough for production?',
  'Which patterns does {t} follow, and why?',
  'How do the parts of {t} depend on each other?',
  'What happens in {t} when the network fails?',
];

const general = [
  'Explain this project.',
  'What does this code base do?',
  'Write a README.',
  'How do I get started?',
  'Summarise the architecture.',
  'What should I refactor first?',
  'Who wrote this code?',
  'Is this code any good?',
  'Write a changelog entry.',
  'What is the weather today?',
  'Tell me a joke.',
  'Which license would you choose?',
  'Fix all bugs.',
  'Port this to another language.',
  'What are the main design decisions?',
  'Can you review the whole project?',
  'Which tests are missing?',
  'hello',
];

/** An open question about a name of the context, a topic, or everything. */
export function askBeyond(names: readonly string[], draw: Draw): Asked {
  const about = names.length > 0 ? draw.int(0, 9) : draw.int(5, 9);
  const question =
    about < 5
      ? draw.pick(aboutNames).replace('{n}', draw.pick(names))
      : about < 8
        ? draw.pick(aboutTopics).replace('{t}', draw.pick(topics))
        : draw.pick(general);
  return { kind: 'beyond', question, answer: beyondAnswer };
}
