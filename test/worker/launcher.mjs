// Stands between a test and a worker, so that the worker's parent can be killed. Passes messages on, both ways.
import { fork } from 'node:child_process';

const worker = fork(process.argv[2], [], { stdio: 'inherit', execArgv: [] });
worker.on('message', (message) => process.send(message));
process.on('message', (message) => worker.send(message));
