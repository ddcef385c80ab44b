import type { LockPort } from "../../../packages/daemon/src/hosts/lock-port.ts";
import type { HeldLock } from "../../../packages/daemon/src/hosts/session.ts";
import { EveryOrder } from "./chooser.ts";
import { Link, modelPort } from "./link.ts";
import { type FileKind, newFile } from "./model-host.ts";
import { fencedScript } from "./our-script.ts";
import { safe } from "./protocols.ts";
import type { DaemonLife } from "./process.ts";
import { World } from "./world.ts";

export interface Entry {
  readonly kind: FileKind;
  readonly bytes: Buffer;
}

export type PlaceState = Record<string, Entry>;

/** A lock directory that can be set up, worked on and looked at: the model's, or a real one. */
export interface Place extends Disposable {
  readonly port: LockPort;
  /** A command behind the fence: `busy`, `gone`, `fence`, `done` or `released`. */
  fenced(locks: readonly HeldLock[], release: boolean): Promise<string>;
  put(name: string, entry: Entry): void;
  state(): PlaceState;
  /** Somebody else has the kernel lock on a file, until the returned function is called. */
  hold(name: string): Promise<() => Promise<void>>;
}

export function modelPlace(): Place {
  const world = new World(new EveryOrder(), { idleJumps: 0 });
  const life: DaemonLife = { daemonId: "d1", number: 1, alive: true };
  const link = new Link(world, { life, name: "model", instantAnswers: true });
  const inner = modelPort(link, { protocol: safe, announce: () => undefined });
  const done = async <T>(work: Promise<T>): Promise<T> => {
    await world.run();
    return await work;
  };
  return {
    port: {
      swap: async (step) => await done(inner.swap(step)),
      drop: async (step) => await done(inner.drop(step)),
      read: async (kind) => await done(inner.read(kind)),
      tidy: async (nonces) => await done(inner.tidy(nonces)),
    },
    fenced: async (locks, release) =>
      await done(
        link.command((self) => fencedScript(self, { locks, work: 0, release, onWork: () => undefined })),
      ),
    put: (name, { kind, bytes }) => {
      world.host.names.set(name, newFile(bytes, kind));
    },
    state: () =>
      Object.fromEntries(
        [...world.host.names]
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .map(([name, { kind, bytes }]) => [name, { kind, bytes }]),
      ),
    hold: async (name) => {
      const node = world.host.openAppend(name);
      if (node !== null) world.host.lock(node, { exclusive: true, by: -1 });
      return await Promise.resolve(async () => {
        if (node !== null) world.host.unlock(node, -1);
        await Promise.resolve();
      });
    },
    [Symbol.dispose]: () => undefined,
  };
}
