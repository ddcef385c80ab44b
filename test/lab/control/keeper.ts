/**
 * The process that has a lab of `npm run lab -- up`: starts it, tells its parent, and serves commands
 * until `down` or a signal.
 */

import { demoScenario, labPool } from "../scenario.ts";
import { startLab } from "../start.ts";
import { serveControl } from "./socket.ts";

const lab = await startLab({ hosts: labPool(Number(process.argv[2])) });
try {
  const { updates } = await demoScenario(lab);
  const ended = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => ended.resolve());
  let server: Awaited<ReturnType<typeof serveControl>> | null = null;
  server = await serveControl(lab, async () => {
    // The answer to `down` leaves before the socket goes.
    setImmediate(() => ended.resolve());
  });
  process.send?.({ dir: lab.dir, hosts: lab.hosts.map(hostLine), updates: updates.map((u) => u.rrid) });
  process.disconnect?.();
  await ended.promise;
  server.close();
} finally {
  await lab[Symbol.asyncDispose]();
}
process.exit(0);

function hostLine(host: (typeof lab.hosts)[number]): string {
  const { product, version, arch } = host.spec;
  return `${host.name.padEnd(10)} ${product} ${version} ${arch}  ${host.address}:${host.port}`;
}
