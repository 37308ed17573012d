// The authentication agent: a person's way through one transaction.

import { isInApp, missing, missingForFace } from "./abilities.js";
import { ApiError, Offline } from "./api.js";
import { measure, refresh } from "./build.js";
import { perform, thin } from "./burst.js";
import { wipe } from "./bytes.js";
import { Camera, CameraProblem } from "./camera.js";
import { PasskeyProblem, stopCeremony } from "./ceremony.js";
import { chainOf, makeSessionKey } from "./chain.js";
import { Comparer } from "./comparing/comparer.js";
import { CueBoard, position } from "./cues.js";
import { glow } from "./light.js";
import { makeCredential, newShare, shareOfNew, useCredential } from "./passkey.js";
import { probeCamera } from "./probe.js";
import { encodeAll, makeReceiver, openAnswer } from "./receiver.js";
import { makeReceivingKey, openReleased, sealAsking, signResult } from "./released.js";
import { announce, find, say, sayWhatFor, show } from "./screens.js";
import { sealSample } from "./seal.js";
import { findBundles, findReceiver, keepBundles, keepReceiver, proposedLately } from "./store.js";
import { Tracker } from "./tracking/tracker.js";
import { Watch } from "./tracking/watch.js";
import { result } from "./waiting.js";

const OVER = new Set(["expired", "ended", "unknown"]);

// What only the address bar of a browser can mend, which an app's own view has not.
const NEEDS_BROWSER = new Set(["denied", "no-camera", "insecure"]);

// Where a face can still be shown; on other screens it cannot be, or not now.
const FACE_IS_NEXT = new Set(["choice", "prepare", "without-light", "without-turn", "again"]);

// In which a passkey is made, with a key by which this browser is sent what it compares with.
const ENROLS = new Set(["enrol", "bind"]);

// A reference is sent for a minute (docs/protocol.md section 8); an older one than this is asked for anew.
const RELEASED_MS = 40_000;

// By what is done here, what a device that holds a passkey already means.
const EXISTS = { bind: "exists-elsewhere", recover: "exists-recovered" };

// What the server says after a passkey, and the page has a screen for.
const AS_THEY_ARE = new Set(["recovered", "face-closed", "renew", "no-renewal"]);

// What a server of the release before wants, and does not say.
const WANTED = { share: true, reference: null, receiver: false };

// What a comparison here takes may not come, or not run: that is said as what it is.
async function comparing(promise) {
  try {
    return await promise;
  } catch (error) {
    console.info(error);
    throw new CameraProblem("no-comparison");
  }
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const clock = () => performance.now();

export class Agent {
  #session = null;
  #own = null; // the passkey that proved itself: {id, share, shareKind}
  #added = null; // the passkey that a binding made
  #challenge = null;
  #receiver = null; // the key that the worker answers to, where this device is to keep something
  #announced = false; // that the light changes
  #tracker = new Tracker();
  #comparer = new Comparer();
  #released = null; // the reference that was sent to be compared, and when
  #matched = null; // whether this device found the face to be the reference's
  #camera = null;
  #ready = false;
  #busy = false;
  #leaving = false;
  #shows = "face"; // or "presence": what the camera is for
  #over = false;
  #last = null; // the step that is tried again when there is a connection
  #unsent = null; // the sealed sample on its way
  #onward = null; // where an accepted sign-in goes on, while a renewal is proposed
  #measured = null; // what this page is made of

  // `embedding` is the site's page around this one, in a session of liveness, else null.
  constructor(config, api, embedding = null) {
    this.config = config;
    this.api = api;
    this.embedding = embedding;
    this.actions = {
      prove: () => this.prove(),
      passkey: () => this.passkey(),
      "existing-passkey": () => this.passkey("existing"),
      prepare: () => this.prepare(),
      "start-camera": () => this.startCamera(),
      "without-light": () => show("without-light"),
      "without-turn": () => show("without-turn"),
      "without-face": () => (config.demanded ? this.#sayDemanded() : this.withoutFace()),
      "go-back": () => this.withoutFace(),
      "renew-later": () => this.#go(this.#onward),
      agree: () => this.agree(),
      leave: () => this.leave(),
      retry: () => this.#retry(),
      reload: () => this.#reload(),
    };
  }

  async start() {
    this.embedding?.met.then(() => this.embedding.tell("ready"));
    const screen = this.embedding ? missingForFace() : missing();
    if (screen) {
      show(screen);
    } else {
      await this.#attempt(() => this.#begin());
    }
  }

  async #begin() {
    const { kind, state, passkeys, expires_in: seconds } = await this.api.get("");
    this.kind = kind;
    this.passkeys = passkeys;
    setTimeout(() => this.#expire(), seconds * 1000);
    if (state === "submitted" || state === "decided") {
      await this.#wait();
    } else if (kind === "bind" && state !== "open") {
      // What the first passkey released was in the page before this one: the binding begins anew.
      await this.leave();
    } else {
      this.#session = await makeSessionKey();
      this.#measure().catch(() => {}); // it is asked for again where it is needed
      show("welcome");
    }
  }

  // Every tap comes here; while one step runs, only `begin`, `stop` and leaving a passkey mean anything.
  async tap(act) {
    if (act === "begin") {
      this.#ready = true;
    } else if (act === "stop") {
      this.#camera?.close();
      this.#camera = null;
      show("prepare");
    } else if (act === "leave" && this.#busy) {
      this.#leaving = true;
      stopCeremony();
    } else if (!this.#busy && this.actions[act]) {
      await this.#attempt(this.actions[act]);
    }
  }

  async #attempt(step) {
    if (step !== this.actions.retry && step !== this.actions.leave) {
      this.#last = step;
    }
    await this.guarded(step);
    if (this.#leaving && !this.#over) {
      this.#leaving = false;
      await this.guarded(this.actions.leave);
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

  // The connection is back, perhaps: what the server has already is not done twice.
  async #retry() {
    const { state } = this.#session ? await this.api.get("status") : {};
    if (state && state !== "ready" && state !== "released") {
      await this.#wait();
    } else if (this.#unsent) {
      await this.#deliver();
    } else {
      await this.#last();
    }
  }

  #explain(error) {
    this.#camera?.close();
    if (this.#over || this.#leaving) {
      return;
    }
    if (error instanceof CameraProblem) {
      show(isInApp() && NEEDS_BROWSER.has(error.screen) ? "in-app-camera" : error.screen);
    } else if (error instanceof PasskeyProblem) {
      this.#explainPasskey(error);
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
    } else if (code === "temporarily_unavailable") {
      show("away");
    } else if (code === "crowded") {
      show("crowded");
    } else if (code.startsWith("passkey")) {
      this.#showPasskeyProblem({ problem: person, reference });
    } else {
      show("problem", { problem: person, reference });
    }
  }

  #explainPasskey({ said, cause }) {
    console.info(cause);
    const known = said === "exists" ? (EXISTS[this.kind] ?? said) : said;
    if (isInApp()) {
      show("in-app");
    } else {
      this.#showPasskeyProblem({ problem: say(`passkey.${known}`), said: known });
    }
  }

  #showPasskeyProblem({ problem, said = "", reference }) {
    const screen = find("passkey-problem");
    screen.querySelector('[data-act="passkey"]').hidden = said === "address" || said === "exists";
    screen.querySelector('[data-act="existing-passkey"]').hidden = !this.#mayUseExisting(said);
    show("passkey-problem", { title: say(`passkey.${said}.title`) ?? say("passkey.title"), problem, reference });
  }

  // Some devices hide that they hold a passkey already, and only say that none was made.
  #mayUseExisting(said) {
    return this.kind === "enrol" && this.passkeys > 0 && (said === "exists" || said === "not-made");
  }

  // What this page says of itself.
  async #described() {
    return { type: "browser", build: "", scripts: await this.#measure() };
  }

  async #measure() {
    try {
      this.#measured ??= measure(this.config.scripts);
      return await this.#measured;
    } catch (error) {
      this.#measured = null;
      throw new Offline(error.name);
    }
  }

  async #reload() {
    await refresh(this.config.scripts);
    location.reload();
  }

  async passkey(which) {
    show("passkey");
    const agent = await this.#described();
    const receiving = (await this.#receives()) ? await makeReceivingKey() : null;
    const asked = {
      session_key: this.#session.jwk,
      agent,
      ...(which && { passkey: which }),
      ...(receiving && { receiving_key: receiving.jwk }),
    };
    const { publicKey } = await this.api.post("passkey/options", asked);
    this.#unlessLeaving();
    const made = publicKey.user ? await makeCredential(publicKey) : await useCredential(publicKey);
    this.#unlessLeaving();
    const answer = await this.api.post("passkey", { credential: made.json, agent });
    this.#unlessLeaving();
    await this.#remember(made, publicKey);
    if (receiving && !(await keepReceiver(made.id, receiving.privateKey))) {
      wipe(this.#own?.share, this.#added?.share); // what is made of the face could never be sent here
      this.#own.share = null;
    }
    await this.#next(answer);
  }

  // Whether the passkey that comes next is to have a key by which this browser is sent references.
  async #receives() {
    if (!ENROLS.has(this.kind) || (this.kind === "bind" && !this.#own)) {
      return false;
    }
    const { face } = await this.api.get("");
    return face.want?.compare === true;
  }

  // In place of a passkey: the page around this one signs with the key that its site named.
  async prove() {
    const agent = await this.#described();
    const { challenge } = await this.api.post("key/options", { session_key: this.#session.jwk, agent });
    const proof = await this.#provenAround(challenge);
    const { key, ...answer } = await this.api.post("key", { proof, agent });
    this.api.key = key;
    this.#own = { id: this.config.holder, share: null, shareKind: null };
    await this.#next(answer);
  }

  async #provenAround(challenge) {
    try {
      return await this.embedding.prove(challenge);
    } catch (error) {
      throw new Offline(error.name);
    }
  }

  // Who left while there was no passkey to stop is asked for none, none is sent, and none unlocked once more.
  #unlessLeaving() {
    if (this.#leaving) {
      throw new DOMException("left", "AbortError");
    }
  }

  async #remember(made, publicKey) {
    if (!publicKey.user) {
      this.#own = made.share || this.kind !== "enrol" ? made : { ...made, ...(await newShare(made.id)) };
      return;
    }
    if (this.kind === "recover") {
      return; // it opens no face, and needs no share of one
    }
    const share = await shareOfNew(made, publicKey);
    if (this.kind === "bind") {
      this.#added = { id: made.id, ...share };
    } else {
      this.#own = { id: made.id, ...share };
    }
  }

  async #next({ next, first, shows = "face", continue_url: url }) {
    this.#shows = shows;
    sayWhatFor(shows);
    if (next === "done") {
      this.#go(url);
    } else if (next === "create") {
      show("create");
    } else if (next === "agree") {
      show("agree");
    } else if (AS_THEY_ARE.has(next)) {
      show(next);
    } else if (next === "demanded") {
      this.#sayDemanded();
    } else if (next === "choose") {
      show((await this.#withoutFaceBecause()) ?? (first === "passkey" ? "spared" : "choice"));
    } else {
      const screen = await this.#withoutFaceBecause();
      await (screen ? show(screen) : this.prepare());
    }
  }

  // The screen that says why the face cannot be used in this browser, or null.
  async #withoutFaceBecause() {
    return this.#own.share || !(await this.#takesShare()) ? missingForFace() : "no-share";
  }

  async #takesShare() {
    const { face } = await this.api.get("");
    return face.want?.share ?? true;
  }

  // Who has to wait, or would film in vain, learns of it before the camera starts; so does whose face this
  // browser does not keep. Who is to see changing light learns there what it does.
  async prepare() {
    const { face } = await this.api.get("");
    if (face.locked) {
      this.#locked(face.locked.retry_after);
    } else if (face.crowded) {
      show("crowded");
    } else if (face.want?.reference && !(await this.#kept(face.want))) {
      show("no-share");
    } else if (this.#compares(face) && !(await findReceiver(this.#own.id))) {
      show("no-share");
    } else {
      if (this.#compares(face)) {
        this.#comparer.load(this.config.comparer.files).catch(() => {}); // it is asked for again before the camera
      }
      this.#tracker.load(this.config.tracker);
      this.#announce(face.light);
    }
  }

  #announce(light) {
    this.#announced = light;
    find("prepare").querySelectorAll("[data-light]").forEach((part) => (part.hidden = !light));
    show("prepare");
  }

  async startCamera() {
    const { face } = await this.api.get("");
    if (face.locked) {
      this.#locked(face.locked.retry_after);
    } else if (face.crowded) {
      show("crowded");
    } else if (face.light && !this.#announced) {
      this.#announce(true);
    } else if (!this.#compares(face) || (await this.#mayCompare())) {
      await this.record();
    }
  }

  // Whether this browser is to compare the face itself.
  #compares(face) {
    return this.kind === "authenticate" && face.want?.compare === true;
  }

  // Before the camera opens: this browser has what a comparison takes, and the reference.
  async #mayCompare() {
    show("fetching");
    await comparing(this.#comparer.load(this.config.comparer.files));
    return this.#beSent();
  }

  // Has a worker open the reference with the passkey's share, and seal it to this browser's key; tells whether it
  // came. What it says otherwise is shown.
  async #beSent() {
    const { jose, txn, comparer } = this.config;
    const own = this.#own;
    this.#forgetReleased();
    const challenge = await this.api.post("challenge", { want: "reference" });
    await this.api.upload("sample", await sealAsking({ jose, txn, challenge, own, engine: comparer.engine }));
    const status = await result(this.api, { trouble: () => {}, sleep, clock });
    if (status.state !== "released") {
      await this.#outcome(status);
      return false;
    }
    const { sealed } = await this.api.post("outgoing");
    const privateKey = await findReceiver(own.id);
    const opened = await openReleased({ jose, txn, privateKey, device: own.id, nonce: challenge.nonce, sealed });
    this.#released = { ...opened, at: clock() };
    return true;
  }

  #forgetReleased() {
    wipe(this.#released?.vector);
    this.#released = this.#matched = null;
  }

  // What to do is asked for once the person is in the picture: each challenge is a try, and its time runs.
  async record() {
    const camera = new Camera(document.getElementById("preview"), this.config.frames);
    this.#camera = camera;
    this.#ready = false;
    document.getElementById("begin").hidden = false;
    show("live");
    const board = new CueBoard(find("live"));
    board.show(say("opening"));
    try {
      await camera.open();
      const probe = await probeCamera(camera);
      const watch = new Watch(this.#tracker);
      await position(camera, board, watch, () => this.#ready);
      document.getElementById("begin").hidden = true;
      if (this.#released && clock() - this.#released.at > RELEASED_MS) {
        board.show(say("reference"));
        if (!(await this.#beSent())) {
          return;
        }
      }
      const challenge = await this.api.post("challenge");
      if (challenge.warning && !this.#announced) {
        this.#announce(true); // it came to be between two questions: the same challenge waits
        return;
      }
      this.#challenge = { want: WANTED, ...challenge };
      const frames = thin(await perform(challenge, camera, board, watch), challenge.frames.min);
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

  // What this browser keeps of the reference that is wanted, or null.
  #kept({ reference }) {
    return reference && findBundles(this.#own.id, reference.id);
  }

  // What the sample holds beside frames and shares, by what is wanted.
  async #besides({ nonce, steps, want }, frames) {
    const { jose, txn } = this.config;
    const bundles = await this.#kept(want);
    this.#receiver = want.receiver
      ? await makeReceiver({ jose, txn, nonce, sessionKey: this.#session.privateKey })
      : null;
    return {
      ...(bundles && { bundles: encodeAll(bundles) }),
      ...(this.#receiver && { receiver: this.#receiver.signed }),
      ...(want.compare && { result: await this.#compared(nonce, steps, frames) }),
    };
  }

  // Compares, wipes what was sent, and resolves with what this browser says that it found.
  async #compared(nonce, steps, frames) {
    const { jose, txn, comparer } = this.config;
    const { reference, version, ...released } = this.#released;
    const matched = await comparing(this.#comparer.matches(frames, steps, released));
    this.#forgetReleased();
    this.#matched = matched;
    const chain = await chainOf(nonce, txn, frames);
    const said = { nonce, chain, released: { reference, version }, engine: comparer.engine, matched };
    return signResult({ jose, txn, ...said, sessionKey: this.#session.privateKey });
  }

  // What was left for this browser is kept before the result is used: without it nothing would open again, so
  // that what cannot be kept is not to take effect.
  async #keep() {
    try {
      await this.#fetchAndKeep();
    } catch (error) {
      await this.api.post("cancel").catch(() => {});
      throw error;
    }
  }

  async #fetchAndKeep() {
    const device = (this.#added ?? this.#own)?.id;
    const { sealed } = await this.api.post("outgoing");
    const { jose, txn } = this.config;
    const reference = await openAnswer({ jose, txn, receiver: this.#receiver, device, sealed });
    if (!(await keepBundles(device, reference))) {
      throw new Error("not-kept");
    }
  }

  async #send(frames, camera, probe) {
    this.#unsent = await sealSample({
      jose: this.config.jose,
      txn: this.config.txn,
      challenge: this.#challenge,
      sessionKey: this.#session.privateKey,
      own: this.#own,
      added: this.#added,
      besides: await this.#besides(this.#challenge, frames),
      frames,
      camera,
      probe,
    });
    await this.#deliver();
  }

  async #deliver() {
    show("sending");
    await this.#upload();
    await this.#wait();
  }

  // A device whose clock runs fast has waited too little by the server's: the rest is waited for here.
  async #upload() {
    try {
      await this.api.upload("sample", this.#unsent);
    } catch (error) {
      if (error.code !== "early") {
        throw error;
      }
      await sleep(error.retryAfter * 1000);
      await this.api.upload("sample", this.#unsent);
    }
  }

  async #wait() {
    this.#unsent = null;
    show("waiting");
    await this.#outcome(await result(this.api, { trouble: (is) => this.#sayTrouble(is), sleep, clock }));
  }

  #sayTrouble(is) {
    const place = find("waiting").querySelector("[data-trouble]");
    if (place.hidden === is) {
      place.hidden = !is;
      announce(is ? place.textContent : "");
    }
  }

  async #outcome(status) {
    if (status.outgoing) {
      await this.#keep();
    }
    if (status.state === "done" && status.renewal === "proposed" && !(await proposedLately())) {
      this.#onward = status.continue_url;
      show("renewal");
    } else if (status.state === "done") {
      this.#go(status.continue_url);
    } else if (status.state === "again") {
      const why = say(`why.${status.hint}`) ?? say("why");
      show("again", { why, hint: say(`hint.${status.hint}`) ?? say("again") });
    } else if (status.state === "locked") {
      this.#locked(status.retry_after);
    } else if (status.state === "refused") {
      find("refused").querySelector("[data-retry]").hidden = status.may_retry === false;
      show("refused", { why: say(`closed.${status.why}`) ?? say(`refused.${this.#refusedBy()}`) });
    } else {
      this.#expire();
    }
  }

  #refusedBy() {
    return this.#matched === false ? "device" : this.#shows;
  }

  #locked(seconds) {
    const until = seconds && new Date(Date.now() + seconds * 1000);
    const text = until ? say("locked.until", { time: until.toLocaleTimeString() }) : say("locked");
    show("locked", { locked: text });
  }

  async agree() {
    await this.#next(await this.api.post("consent", { notice_version: this.config.notice }));
  }

  // The relying party demands the face: said before it hears that somebody goes without.
  #sayDemanded() {
    const usable = FACE_IS_NEXT.has(document.body.dataset.showing);
    find("demanded").querySelector('[data-act="prepare"]').hidden = !usable;
    show("demanded");
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
    this.#go(url, "left");
  }

  #expire() {
    this.#over = true;
    this.#camera?.close();
    stopCeremony();
    this.forget();
    show("expired");
    this.embedding?.tell("expired");
  }

  // The page around this one goes on by itself.
  #go(url, how = "done") {
    this.#over = true;
    this.forget();
    show("done");
    if (this.embedding) {
      this.embedding.tell(how);
    } else {
      location.replace(url);
    }
  }

  // Nothing that opens a reference stays in memory longer than it is needed.
  forget() {
    this.#tracker.close();
    this.#comparer.close();
    this.#forgetReleased();
    wipe(this.#own?.share, this.#added?.share);
    this.#own = this.#added = this.#session = null;
    this.#challenge = this.#receiver = this.#unsent = null;
  }
}
