import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

export type ReadFailure = 'too-large' | 'unreadable' | 'symlink';

/**
 * The bytes of a regular file of at most `maxBytes`. Never follows a symbolic link, never waits on a pipe or a device,
 * and does not trust the size that the file system names: a file that grows while it is read is `too-large`.
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Uint8Array | ReadFailure> {
  try {
    // Windows knows neither flag; its pipes do not live in folders.
    const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);
    await using handle = await open(path, flags);
    const stats = await handle.stat();
    if (!stats.isFile()) return 'unreadable';
    if (stats.size > maxBytes) return 'too-large';
    return await readUpTo(handle, stats.size, maxBytes);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ELOOP' ? 'symlink' : 'unreadable';
  }
}

type Handle = Awaited<ReturnType<typeof open>>;

async function readUpTo(handle: Handle, size: number, maxBytes: number): Promise<Uint8Array | 'too-large'> {
  // One byte more than expected shows the end of the file, or that it grew.
  let buffer = Buffer.allocUnsafe(size + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
    if (length > maxBytes) return 'too-large';
    if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(2 * length, maxBytes + 1));
  }
}
