/**
 * One process for all that a lab needs beside its hosts: their wires and the web server of their
 * repositories. Not in the owner's process, so that a busy test neither slows nor freezes the network.
 * Ends with its standard input, so it cannot outlive the owner.
 */
import { createInterface } from "node:readline";
import { serveFiles } from "./files.ts";
import type { ServiceReply, ServiceRequest } from "./protocol.ts";
import { Wire } from "./wire.ts";

const wires = new Map<string, Wire>();

function wireOf(name: string): Wire {
  const wire = wires.get(name);
  if (wire === undefined) throw new Error(`no wire ${name}`);
  return wire;
}

async function serve(request: ServiceRequest): Promise<number | undefined> {
  switch (request.do) {
    case "wire": {
      const wire = new Wire(request.listen, request.target);
      await wire.open();
      wires.set(request.name, wire);
      return undefined;
    }
    case "fault":
      await wireOf(request.name).behave(request.fault);
      return undefined;
    case "cut":
      wireOf(request.name).cut();
      return undefined;
    case "http":
      return serveFiles(request.root);
    default:
      throw new Error("unknown request");
  }
}

function reply(message: ServiceReply): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

// The owner decides when we end: a Ctrl-C at its terminal reaches us as well, and too early.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const request = JSON.parse(line) as ServiceRequest;
    serve(request).then(
      (port) => reply({ id: request.id, ok: true, ...(port === undefined ? {} : { port }) }),
      (error: NodeJS.ErrnoException) =>
        reply({ id: request.id, ok: false, error: error.code ?? String(error) }),
    );
  })
  .on("close", () => process.exit(0));
