// A person's choices, kept in this browser.

const PREFIX = "local-azure.";

function read(name, otherwise) {
  try {
    return localStorage.getItem(PREFIX + name) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function write(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

export const theme = {
  get: () => read("theme", "system"),
  set(value) {
    write("theme", value);
    theme.apply();
  },
  apply() {
    document.documentElement.dataset.theme = theme.get();
  },
};

let keys = read("keys", "on");

export const singleKeys = {
  get: () => keys === "on",
  set(on) {
    keys = on ? "on" : "off";
    write("keys", keys);
  },
};
