// Every wait has an end: what a browser, a device or the network owes may never come.

// How long each is waited for, in milliseconds. A person answers the permission and the passkey; nobody else.
export const PATIENCE = {
  permission: 25_000,
  passkey: 125_000,
  picture: 8_000,
  frame: 5_000,
  encoding: 5_000,
  constraint: 2_000,
  store: 3_000,
  answer: 15_000,
  upload: 60_000,
  script: 20_000,
  around: 10_000,
  network: 90_000,
  comparison: 20_000,
};

export class Late extends Error {
  name = "TimeoutError";
}

// Settles as the promise does, or rejects with Late when its time is over.
export function within(what, promise, milliseconds = PATIENCE[what]) {
  let timer;
  const over = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Late(what)), milliseconds);
  });
  return Promise.race([promise, over]).finally(() => clearTimeout(timer));
}
