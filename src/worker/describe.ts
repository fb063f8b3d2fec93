import { errorRecord } from '../common/errors.ts';
import type { DeviceSummary, ModelStatus, TaskList } from '../common/protocol.ts';
import type { TaskListing } from '../engine/compress/tasks.ts';
import type { ModelState } from '../engine/engine.ts';

/** Engine objects as the protocol shows them: plain data, without tensors, block keys and texts. */

export function describeModel(model: ModelState): ModelStatus {
  if (model.state === 'failed') return { state: 'failed', error: errorRecord(model.error) };
  if (model.state !== 'ready') return model;
  const { profile, fingerprint, device, window, weightBytes, kvBytesPerPosition } = model.decoder;
  const described = describeDevice(device);
  return {
    state: 'ready',
    name: profile.name,
    fingerprint,
    device: described,
    window,
    weightBytes,
    kvBytesPerPosition,
  };
}

export function describeDevice({ device, verified, reason }: DeviceSummary): DeviceSummary {
  return { device, verified, reason };
}

export function describeTasks({ tasks, broken }: TaskListing): TaskList {
  return {
    tasks: tasks.map(({ id, origin, file, task: { title, description } }) => ({
      id,
      title,
      description,
      origin,
      file,
    })),
    broken: broken.map(({ id, file, error }) => ({ id, file, error: errorRecord(error) })),
  };
}
