import { type Kind, LegacyMtui } from "./legacy-mtui.ts";
import { FLAGS } from "./sftp-peer.ts";

/**
 * The Rust mtui: the same files and the same line, made by one exclusive create that may write. Whatever
 * is in the way is a lock, unless it is its own, and so is a file that cannot be read or understood.
 */
export class Mtui26 extends LegacyMtui {
  async lock(kind: Kind, comment = ""): Promise<void> {
    const path = this.path(kind);
    await this.step("open x");
    const made = await this.sftp.open(path, FLAGS.exclusive);
    if (made.state !== "open") {
      const record = await this.read(kind);
      if (record === null || !this.isMine(kind, record))
        throw new Error(`locked by ${record?.user ?? "somebody"}`);
      return;
    }
    await this.step("write x");
    await this.sftp.write(made.handle, this.line(comment));
    await this.step("close x");
    await this.sftp.close(made.handle);
  }

  override async claim(): Promise<boolean> {
    return await super.claim().catch(() => false);
  }
}
