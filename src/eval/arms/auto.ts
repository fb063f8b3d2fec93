import { route } from '../../engine/answer/route.ts';
import type { RoutedMode } from '../../engine/model/router.ts';
import { routedArms } from '../router/questions.ts';
import type { Arm, Reading, ReadRequest } from './arm.ts';
import { rag } from './raw.ts';
import { hybridArm, readSheetFile, sheetArm } from './sheets.ts';

/**
 * The product's `auto`: the router of the model (what was fitted, else the rule) takes one of the arms that stand for
 * the modes, each with the sheet's bytes.
 */
export const auto: Arm = {
  name: 'auto',
  about: `the router takes ${routedArms.cache}, rag or hybrid for each question, in as many bytes as the sheet's`,
  byRatio: true,
  read: async (request) => {
    const { decoder, corpus } = request;
    const cache = await sheetArm(routedArms.cache).read(request);
    const file = await readSheetFile(request);
    const readings = new Map<RoutedMode, Reading>([['cache', cache]]);
    const { prepareMs, coverage } = cache;
    return {
      prepareMs,
      coverage,
      ask: async (question, gold) => {
        const { mode } = route(question.question, corpus.index, file, [], decoder.router);
        let reading = readings.get(mode);
        if (!reading) readings.set(mode, (reading = await readAs(mode, request)));
        return { ...(await reading.ask(question, gold)), routed: mode };
      },
    };
  },
};

function readAs(mode: RoutedMode, request: ReadRequest): Promise<Reading> {
  return mode === 'hybrid' ? hybridArm(routedArms.cache).read(request) : rag.read(request);
}
