import { CribsheetError } from '../../common/errors.ts';
import { routedModes } from '../../engine/model/router.ts';
import { crossValidate, fitRouter } from '../../eval/router/fit.ts';
import { routedArms, routedQuestions } from '../../eval/router/questions.ts';
import { readAnswers } from '../../eval/run/journal.ts';
import { wrong } from '../arguments.ts';
import type { Context } from '../command.ts';
import { count, plural } from '../format.ts';
import { dim, green } from '../styled.ts';

/** Fewer questions, of which modes answer some differently, teach nothing. */
const LEAST_QUESTIONS = 20;

/** Fits how `auto` chooses with a model, from answers of the development split, and keeps it in the store. */
export async function fitRouterFrom({ engine, out, json }: Context, answers: string | undefined): Promise<undefined> {
  if (answers === undefined)
    throw wrong('"models fit-router" needs the answers of an evaluation.', 'Write cribsheet models fit-router FOLDER');
  const { config, rows } = readAnswers(answers);
  const questions = routedQuestions(rows);
  const differing = questions.filter(({ scores }) => new Set(routedModes.map((mode) => scores[mode])).size > 1);
  if (differing.length < LEAST_QUESTIONS) {
    const all = Object.values(routedArms).join(',');
    throw new CribsheetError(
      'usage',
      `${plural(differing.length, 'question')} of the development split that ${all} answer differently are too few for a router: it takes ${LEAST_QUESTIONS}.`,
      `Run "cribsheet eval --development --arms ${all} --out FOLDER", with more --questions or --ratios.`,
    );
  }
  const check = crossValidate(questions);
  const fitted = { questions: check.questions, corpora: check.corpora, accuracy: check.accuracy };
  const router = { ...fitRouter(questions), fitted };
  const file = await engine({ noModel: true }).measured.writeRouter(config.model.fingerprint, router);
  if (json) {
    await out.json({ model: config.model, router, check, file });
    return;
  }
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  await out.line(
    green('Fitted '),
    `on ${plural(check.questions, 'question')} of ${plural(check.corpora, 'corpus', 'corpora')}; ${count(differing.length)} of them are answered differently.`,
  );
  await out.line(
    `Held out: takes the best mode for ${percent(check.accuracy)} of all questions, for ${percent(check.accuracyWhereDiffering)} of those.`,
  );
  await out.line(
    `Score: auto ${percent(check.score)}; ${routedModes.map((mode) => `${mode} alone ${percent(check.alone[mode])}`).join(', ')}; always the best ${percent(check.best)}.`,
  );
  await out.line(dim(`For the model ${config.model.name}: ${file}`));
}
