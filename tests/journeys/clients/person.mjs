// A person's browser without scripts: it keeps cookies, follows redirects, and fills in the sandbox's form.

const FORM = /<form[^>]*id="sandbox-form"/;
const CONSENT = /id="consent-yes"/;

export class Person {
  #cookies = new Map();

  /** Opens an address and goes on until it leads to `home`, the relying party; returns that address. */
  async go(address, home, outcome = "accepted-l2") {
    let [url, options] = [new URL(address), {}];
    for (let step = 0; step < 12; step += 1) {
      if (url.href.startsWith(home)) return url;
      const answer = await this.#open(url, options);
      const location = answer.headers.get("location");
      if (location) [url, options] = [new URL(location, url), {}];
      else [url, options] = await this.#fillIn(url, answer, outcome);
    }
    throw new Error(`no end at ${url}`);
  }

  async #open(url, { body } = {}) {
    const cookie = [...this.#cookies].map((pair) => pair.join("=")).join("; ");
    const headers = { cookie, ...(body ? { origin: url.origin } : {}) };
    const answer = await fetch(url, { redirect: "manual", method: body ? "POST" : "GET", body, headers });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.#cookies.set(name, value);
    }
    return answer;
  }

  async #fillIn(url, answer, outcome) {
    const page = await answer.text();
    const token = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(page)?.[1];
    const fields = { csrfmiddlewaretoken: token };
    if (FORM.test(page)) {
      const person = /<option value="([0-9a-f-]{36})"/.exec(page)[1];
      return [url, { body: new URLSearchParams({ ...fields, person, outcome }) }];
    }
    if (CONSENT.test(page)) {
      const [, action] = /<form[^>]* method="post" action="([^"]+)"/.exec(page);
      const [, pending] = /name="pending" value="([^"]+)"/.exec(page);
      return [new URL(action, url), { body: new URLSearchParams({ ...fields, pending, answer: "yes" }) }];
    }
    throw new Error(`${answer.status} at ${url}: ${page.replace(/\s+/g, " ").slice(0, 800)}`);
  }
}
