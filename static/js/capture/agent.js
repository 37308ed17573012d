// The authentication agent: a person's way through one transaction.

import { ApiError, Offline } from "./api.js";
import { perform, thin } from "./burst.js";
import { wipe } from "./bytes.js";
import { Camera, CameraProblem } from "./camera.js";
import { makeSessionKey } from "./chain.js";
import { CueBoard, position } from "./cues.js";
import { glow } from "./light.js";
import { makeCredential, shareOfNew, useCredential } from "./passkey.js";
import { probeCamera } from "./probe.js";
import { find, say, show } from "./screens.js";
import { sealSample } from "./seal.js";

const POLL_MS = [250, 250, 500, 500, 1000];
const OVER = new Set(["expired", "ended", "unknown"]);

export class Agent {
  #session = null;
  #own = null; // the passkey that proved itself: {id, share, shareKind}
  #added = null; // the passkey that a binding made
  #challenge = null;
  #camera = null;
  #ready = false;
  #busy = false;

  constructor(config, api) {
    this.config = config;
    this.api = api;
    this.actions = {
      passkey: () => this.passkey(),
      prepare: () => show("prepare"),
      "start-camera": () => this.ask(null),
      "no-light": () => this.ask("no-light"),
      "with-light": () => this.record(),
      "without-face": () => this.withoutFace(),
      agree: () => this.agree(),
      leave: () => this.leave(),
      reload: () => location.reload(),
    };
  }

  async start() {
    if (!window.isSecureContext) {
      show("insecure");
    } else if (!window.PublicKeyCredential) {
      show("unsupported");
    } else {
      await this.guarded(() => this.#begin());
    }
  }

  async #begin() {
    const { kind, state, expires_in: seconds } = await this.api.get("");
    this.kind = kind;
    setTimeout(() => this.#expire(), seconds * 1000);
    if (state === "submitted" || state === "decided") {
      await this.#wait();
    } else if (kind === "bind" && state !== "open") {
      // What the first passkey released was in the page before this one: the binding begins anew.
      await this.leave();
    } else {
      this.#session = await makeSessionKey();
      show("welcome");
    }
  }

  // Every tap comes here; while one step runs, only `begin` and `stop` mean anything.
  async tap(act) {
    if (act === "begin") {
      this.#ready = true;
    } else if (act === "stop") {
      this.#camera?.close();
      this.#camera = null;
      show("prepare");
    } else if (!this.#busy && this.actions[act]) {
      await this.guarded(this.actions[act]);
    }
  }

  async guarded(step) {
    this.#busy = true;
    try {
      await step();
    } catch (error) {
      this.#explain(error);
    } finally {
      this.#busy = false;
    }
  }

  #explain(error) {
    this.#camera?.close();
    if (error instanceof CameraProblem) {
      show(error.screen);
    } else if (error instanceof Offline) {
      show("offline");
    } else if (error instanceof ApiError) {
      this.#explainRefusal(error);
    } else {
      console.error(error);
      show("problem", { problem: say("restart") });
    }
  }

  #explainRefusal({ code, person, reference, retryAfter }) {
    if (OVER.has(code)) {
      this.#expire();
    } else if (code === "locked" || code === "face-disabled") {
      this.#locked(retryAfter);
    } else if (code.startsWith("passkey")) {
      show("passkey-problem", { problem: person, reference });
    } else {
      show("problem", { problem: person, reference });
    }
  }

  async passkey() {
    show("passkey");
    const { publicKey } = await this.api.post("passkey/options", { session_key: this.#session.jwk });
    let made;
    try {
      made = publicKey.user ? await makeCredential(publicKey) : await useCredential(publicKey);
    } catch (error) {
      console.info(error);
      show("passkey-problem");
      return;
    }
    const agent = { type: "browser", build: this.config.build };
    const answer = await this.api.post("passkey", { credential: made.json, agent });
    await this.#remember(made, publicKey);
    await this.#next(answer);
  }

  async #remember(made, publicKey) {
    if (!publicKey.user) {
      this.#own = made;
      return;
    }
    const share = await shareOfNew(made, publicKey);
    if (this.kind === "bind") {
      this.#added = { id: made.id, ...share };
    } else {
      this.#own = { id: made.id, ...share };
    }
  }

  async #next({ next, continue_url: url }) {
    if (next === "done") {
      this.#go(url);
    } else if (next === "create") {
      show("create");
    } else if (next === "agree") {
      show("agree");
    } else if (next === "choose") {
      show(this.#own.share ? "choice" : "no-share");
    } else if (this.kind === "bind") {
      await this.#bind();
    } else {
      show("prepare");
    }
  }

  // Wraps the reference's key for the new passkey: both shares travel sealed, no camera is needed.
  async #bind() {
    if (!this.#own.share) {
      await this.withoutFace();
      return;
    }
    show("sending");
    this.#challenge = await this.api.post("challenge", { prefer: null });
    await this.#send([], { label: "", facing: "", width: 0, height: 0, fps: 0 });
  }

  async ask(prefer) {
    this.#challenge = await this.api.post("challenge", { prefer });
    if (this.#challenge.warning === "light" && prefer === null) {
      show("warning");
    } else {
      await this.record();
    }
  }

  async record() {
    const challenge = this.#challenge;
    const camera = new Camera(document.getElementById("preview"), challenge.frames);
    this.#camera = camera;
    this.#ready = false;
    document.getElementById("begin").hidden = false;
    show("live");
    const board = new CueBoard(find("live"));
    try {
      await camera.open();
      const probe = await probeCamera(camera);
      await position(camera, board, () => this.#ready);
      document.getElementById("begin").hidden = true;
      const frames = thin(await perform(challenge, camera, board), challenge.frames.min);
      const described = camera.describe();
      camera.close();
      show("sending");
      await this.#send(frames, described, probe);
    } catch (error) {
      if (this.#camera === camera) {
        throw error; // otherwise the person stopped it, and the page shows that already
      }
    } finally {
      glow(null);
      camera.close();
    }
  }

  async #send(frames, camera, probe) {
    const jwe = await sealSample({
      jose: this.config.jose,
      txn: this.config.txn,
      challenge: this.#challenge,
      sessionKey: this.#session.privateKey,
      own: this.#own,
      added: this.#added,
      frames,
      camera,
      probe,
    });
    await this.api.upload("sample", jwe);
    await this.#wait();
  }

  async #wait() {
    show("waiting");
    for (let turn = 0; ; turn += 1) {
      const status = await this.api.get("status");
      if (status.state !== "working") {
        this.#outcome(status);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS[Math.min(turn, POLL_MS.length - 1)]));
    }
  }

  #outcome(status) {
    if (status.state === "done") {
      this.#go(status.continue_url);
    } else if (status.state === "again") {
      show("again", { hint: say(`hint.${status.hint}`) ?? say("again") });
    } else if (status.state === "locked") {
      this.#locked(status.retry_after);
    } else if (status.state === "refused") {
      find("refused").querySelector("[data-retry]").hidden = status.may_retry === false;
      show("refused");
    } else {
      this.#expire();
    }
  }

  #locked(seconds) {
    const until = seconds && new Date(Date.now() + seconds * 1000);
    const text = until ? say("locked.until", { time: until.toLocaleTimeString() }) : say("locked");
    show("locked", { locked: text });
  }

  async agree() {
    await this.#next(await this.api.post("consent", { notice_version: this.config.notice }));
  }

  async withoutFace() {
    const { continue_url: url } = await this.api.post("without-face");
    this.#go(url);
  }

  async leave() {
    let url = this.config.leave;
    try {
      ({ continue_url: url } = await this.api.post("cancel"));
    } catch (error) {
      if (error instanceof Offline) {
        throw error;
      }
    }
    this.#go(url);
  }

  #expire() {
    this.#camera?.close();
    this.forget();
    show("expired");
  }

  #go(url) {
    this.forget();
    show("done");
    location.replace(url);
  }

  // Nothing that opens a reference stays in memory longer than it is needed.
  forget() {
    wipe(this.#own?.share, this.#added?.share);
    this.#own = this.#added = this.#session = this.#challenge = null;
  }
}
