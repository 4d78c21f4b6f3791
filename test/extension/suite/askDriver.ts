import { createConnection } from 'node:net';
import { type DriverReply, type DriverRequest, driverPortVariable } from '../driverProtocol.ts';

/** Has the test's own process do something in the window, and resolves with its answer. Rejects with its reason. */
export async function askDriver(request: DriverRequest): Promise<string> {
  const reply = await exchange(`${JSON.stringify(request)}\n`);
  if (reply.kind === 'failed') throw new Error(`${JSON.stringify(request)}: ${reply.message}`);
  return reply.text;
}

function exchange(line: string): Promise<DriverReply> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(Number(process.env[driverPortVariable]), '127.0.0.1');
    let received = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.once('error', reject);
    socket.once('end', () => resolve(JSON.parse(received) as DriverReply));
    socket.write(line);
  });
}
