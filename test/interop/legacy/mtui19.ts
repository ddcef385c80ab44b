import { type Kind, LegacyMtui } from "./legacy-mtui.ts";
import { FLAGS } from "./sftp-peer.ts";

/**
 * The Python mtui. Its exclusive create asks for no right to write, so that it leaves an empty file and
 * its own write fails before it reaches the wire; then it reads, and overwrites what it believes to be
 * free. Between the read and the overwrite anybody may come.
 */
export class Mtui19 extends LegacyMtui {
  async lock(kind: Kind, comment = ""): Promise<void> {
    const path = this.path(kind);
    await this.step("open x");
    const made = await this.sftp.open(path, FLAGS.exclusiveUnwritable);
    if (made.state === "open") {
      await this.step("write x");
      await this.step("close x");
      await this.sftp.close(made.handle);
    }
    const record = await this.read(kind);
    if (record !== null && !this.isMine(kind, record)) throw new Error(`locked by ${record.user}`);
    await this.step("open w+");
    const opened = await this.sftp.open(path, FLAGS.overwrite);
    if (opened.state !== "open") throw new Error("the lock cannot be written");
    await this.step("write w+");
    await this.sftp.write(opened.handle, this.line(comment));
    await this.step("close w+");
    await this.sftp.close(opened.handle);
  }
}
