import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { builtInTasks } from '../../src/common/names.ts';
import { listTasks, loadTask } from '../../src/engine/compress/tasks.ts';

const builtInFolder = join(import.meta.dirname, '../../media/tasks');
let workspace: string;
let tasks: string;

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'cribsheet-tasks-'));
  tasks = join(workspace, '.cribsheet', 'tasks');
  await mkdir(tasks, { recursive: true });
});
afterEach(() => rm(workspace, { recursive: true, force: true }));

describe('built-in tasks', () => {
  test('are those that the names list, with instruction and examples', async () => {
    const { tasks: listed, broken } = await listTasks({ builtInFolder });
    expect(broken).toEqual([]);
    expect(listed.map((entry) => entry.id)).toEqual([...builtInTasks].sort());
    for (const { task, origin, file } of listed) {
      expect(origin).toBe('built-in');
      expect(file).toBe(join(builtInFolder, `${task.id}.crib`));
      expect(task.title).not.toBe(task.id);
      expect(task.description).not.toBe('');
      expect(task.instruction).not.toContain('\n');
      expect(task.examples.length).toBeGreaterThanOrEqual(3);
      expect(task.examples.length).toBeLessThanOrEqual(6);
    }
  });

  test('say to the starter model exactly what it was trained on', async () => {
    expect((await loadTask('api-lookup', { builtInFolder })).instruction).toBe(
      'API lookup: find where functions and classes are defined, their parameters, what they return, what they do and who calls them.',
    );
    expect((await loadTask('code-review', { builtInFolder })).instruction).toBe(
      'Code review: find defects such as swallowed errors, unfinished work, debug output, secrets in the source, and strings run as code.',
    );
  });
});

describe('own tasks', () => {
  test('are found by path and by id, and hide a built-in task of the same id', async () => {
    const file = join(tasks, 'mine.crib');
    await writeFile(file, '---\nid: mine\n---\nMine.');
    await writeFile(join(tasks, 'other-name.crib'), '---\nid: onboarding\n---\nOurs.');
    expect((await loadTask(file, { builtInFolder })).instruction).toBe('Mine.');
    expect((await loadTask('mine', { builtInFolder, workspace })).instruction).toBe('Mine.');
    expect((await loadTask('onboarding', { builtInFolder, workspace })).instruction).toBe('Ours.');
    expect((await loadTask('onboarding', { builtInFolder })).instruction).not.toBe('Ours.');
    const { tasks: listed } = await listTasks({ builtInFolder, workspace });
    expect(listed.filter(({ origin }) => origin === 'workspace').map(({ id }) => id)).toEqual(['mine', 'onboarding']);
    expect(listed).toHaveLength(builtInTasks.length + 1);
  });

  test('that are broken fail by name and leave the others alone', async () => {
    await writeFile(join(tasks, 'bad.crib'), '---\nid: bad\nhue: 1\n---\nBad.');
    await expect(loadTask('bad', { builtInFolder, workspace })).rejects.toMatchObject({
      code: 'task-invalid',
      message: expect.stringContaining('bad.crib:3:') as string,
    });
    expect((await loadTask('bug-hunt', { builtInFolder, workspace })).id).toBe('bug-hunt');
    expect((await listTasks({ builtInFolder, workspace })).broken.map(({ id }) => id)).toEqual(['bad']);
  });

  test.each(['nothing', '../../etc/passwd', 'nowhere/none.crib', ''])('%j does not exist', async (id) => {
    await expect(loadTask(id, { builtInFolder, workspace })).rejects.toMatchObject({
      code: 'task-missing',
      action: expect.stringContaining('api-lookup, bug-hunt, code-review, onboarding') as string,
    });
  });

  test.skipIf(process.platform === 'win32')('that are links, pipes or without end are not read', async () => {
    await symlink('/dev/zero', join(tasks, 'endless.crib'));
    await writeFile(join(workspace, 'outside.txt'), '---\nid: elsewhere\n---\nElsewhere.');
    await symlink(join(workspace, 'outside.txt'), join(tasks, 'elsewhere.crib'));
    await symlink(join(workspace, 'nowhere'), join(tasks, 'nowhere.crib'));
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(tasks, 'pipe.crib')]);
    await writeFile(join(tasks, 'large.crib'), `---\nid: large\n---\n${'Large. '.repeat(200_000)}`);
    const { broken, tasks: listed } = await listTasks({ builtInFolder, workspace });
    expect(broken.map(({ id, error }) => `${id} ${error.code} ${error.message.split(': ').at(-1)!}`)).toEqual([
      'elsewhere file-unreadable it is a symbolic link.',
      'endless file-unreadable it is a symbolic link.',
      'large file-unreadable it has more than 1 MB.',
      'nowhere file-unreadable it is a symbolic link.',
      'pipe file-unreadable it is no regular file, or its permissions forbid it.',
    ]);
    expect(listed).toHaveLength(builtInTasks.length);
    await expect(loadTask('endless', { builtInFolder, workspace })).rejects.toMatchObject({ code: 'file-unreadable' });
  });

  test.skipIf(process.platform === 'win32')(
    'a link is followed where it is named, though not to a device',
    async () => {
      await writeFile(join(workspace, 'mine.txt'), '---\nid: mine\n---\nMine.');
      await symlink(join(workspace, 'mine.txt'), join(workspace, 'link.crib'));
      await symlink('/dev/zero', join(workspace, 'endless.crib'));
      expect((await loadTask(join(workspace, 'link.crib'), { builtInFolder })).instruction).toBe('Mine.');
      await expect(loadTask(join(workspace, 'endless.crib'), { builtInFolder })).rejects.toMatchObject({
        code: 'file-unreadable',
      });
    },
  );

  test('that cannot be read say so', async () => {
    await mkdir(join(tasks, 'folder.crib'));
    await expect(loadTask(join(tasks, 'folder.crib'), { builtInFolder })).rejects.toMatchObject({
      code: 'file-unreadable',
    });
  });
});
