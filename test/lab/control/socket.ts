import { existsSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { join } from "node:path";
import type { Lab } from "../lab.ts";
import { LAB_COMMANDS } from "./commands.ts";

interface Answer {
  ok: boolean;
  text: string;
}

const LONGEST_REQUEST = 64 * 1024;

function socketPath(dir: string): string {
  return join(dir, "control.sock");
}

/** Only a lab of `up` does; one of a test or the demo is its owner's alone. */
export function takesCommands(dir: string): boolean {
  return existsSync(socketPath(dir));
}

/** Let other processes of this user work the knobs of a lab. `stop` is called for the command `down`. */
export async function serveControl(lab: Lab, stop: () => Promise<void>): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let asked = "";
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      asked += chunk.toString();
      if (asked.length > LONGEST_REQUEST) socket.destroy();
    });
    socket.on("end", () => {
      void answer(lab, { asked, stop }).then((reply) => socket.end(JSON.stringify(reply)));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath(lab.dir), () => resolve());
  });
  return server;
}

async function answer(lab: Lab, request: { asked: string; stop: () => Promise<void> }): Promise<Answer> {
  try {
    const [name = "", ...words] = JSON.parse(request.asked) as string[];
    if (name === "down") {
      await request.stop();
      return { ok: true, text: "" };
    }
    const command = Object.hasOwn(LAB_COMMANDS, name) ? LAB_COMMANDS[name] : undefined;
    if (command === undefined) throw new Error(`no such command: ${name}`);
    return { ok: true, text: await command.run(lab, words) };
  } catch (error) {
    return { ok: false, text: error instanceof Error ? error.message : String(error) };
  }
}

/** Ask the process that has the lab in `dir`. */
export function askLab(dir: string, words: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath(dir));
    let said = "";
    socket.on("error", () => reject(new Error(`lab: the lab in ${dir} does not answer`)));
    socket.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    socket.on("end", () => resolve(JSON.parse(said) as Answer));
    socket.end(JSON.stringify(words));
  });
}
