import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { Endpoint } from './endpoint.ts';
import { Lifecycle } from './lifecycle.ts';
import { WorkerServer } from './server.ts';

/** Composition root of the worker process: forked by the extension host or a test, one per window. */
if (!process.send) {
  process.stderr.write('This is the worker of Cribsheet: it has to be started by fork, with an IPC channel.\n');
  process.exit(2);
}

const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
const endpoint = new Endpoint(connection);
const lifecycle = new Lifecycle();
const server = new WorkerServer(endpoint, () => {
  lifecycle.finish();
});
lifecycle.watch({
  close: () => server.close(),
  log: (message) => {
    endpoint.log('error', message);
  },
});
connection.listen();
