import type { TaskList } from '../../common/protocol.ts';
import { editorError } from '../editorError.ts';
import type { Figures } from '../figures.ts';
import type { Translate } from '../translate.ts';
import type { CompressJob } from '../worker/compressJobs.ts';

type Shown = Pick<
  CompressJob,
  'state' | 'request' | 'automatic' | 'segments' | 'segmentsTotal' | 'progress' | 'perMinute' | 'msLeft' | 'error'
>;

/**
 * A compression in words: what it is, and its counts: `312 of 1,204 segments · 41 per minute · 21 min left`.
 * @param tasks of the folder, where they are known: a title says more than an id
 */
export function jobText(
  job: Shown,
  figures: Figures,
  t: Translate,
  tasks?: TaskList,
): { title: string; detail: string } {
  return { title: titleOf(job, t, tasks), detail: detailOf(job, figures, t) };
}

function titleOf(job: Shown, t: Translate, tasks: TaskList | undefined): string {
  const asked = job.request.task;
  const known = tasks?.tasks.find(({ id, file }) => id === asked || file === asked);
  const task = known?.title ?? asked.split(/[\\/]/u).at(-1) ?? asked;
  switch (job.state) {
    case 'running':
      return job.automatic ? t('Rebuilding stale parts for {0}', task) : t('Compressing for {0}', task);
    case 'waiting':
      return t('Compression for {0} waits for the engine', task);
    case 'paused':
      return t('Compression for {0} is paused', task);
    case 'failed':
      return t('Compression for {0} failed', task);
    case 'cancelled':
      return t('Compression for {0} was cancelled', task);
    case 'done':
      return t('Compressed for {0}', task);
  }
}

function detailOf(job: Shown, figures: Figures, t: Translate): string {
  const counts =
    job.segmentsTotal > 0
      ? t('{0} of {1} segments', figures.count(job.segments), figures.count(job.segmentsTotal))
      : t('reading files');
  const parts = [counts];
  if (job.state === 'running') {
    if (job.perMinute !== undefined) parts.push(t('{0} per minute', figures.number(job.perMinute)));
    if (job.msLeft !== undefined) parts.push(t('{0} left', figures.duration(job.msLeft)));
  } else if (job.error) {
    parts.push(editorError(job.error, t).message);
  }
  return parts.join(' · ');
}
