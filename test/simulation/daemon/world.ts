import { FakeHost } from "../../daemon/support/fake-host.ts";
import { FACTS, FakePool } from "../../daemon/support/fake-pool.ts";

const RELEASED = "http://repo.example.com/released";

/**
 * Hosts that answer as zypper and rpm would: `frob` 1-1 is released, 2-1 is in the update's repository.
 * @param products of hosts that are no SLES
 */
export function world(names: readonly string[], products: Readonly<Record<string, string>> = {}): FakePool {
  const pool = new FakePool(...names);
  for (const [host, name] of Object.entries(products))
    pool.machine(host).facts = {
      ...FACTS,
      base: { ...FACTS.base, name },
      system: FACTS.system.replace("sles", name.toLowerCase()),
    };
  for (const machine of pool.machines.values()) {
    const update = { offers: { frob: "2-1" }, patch: "SUSE-2099-1" };
    const network = new Proxy<Record<string, typeof update>>(
      { [RELEASED]: { offers: { frob: "1-1" } } as unknown as typeof update },
      { get: (known, url) => known[String(url)] ?? update },
    );
    const model = new FakeHost({
      name: machine.name,
      repositories: { base: { url: RELEASED } },
      network,
      installed: { frob: "1-1" },
    });
    machine.answer = (command) => model.answerTo(command);
    machine.killable = true;
  }
  return pool;
}
