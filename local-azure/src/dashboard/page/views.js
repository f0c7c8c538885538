// The views, in the order of the navigation. Each has
//   path   the first part of its address, behind "#/"
//   title  its name
//   key    pressed after g, it leads there
//   show   async (page, parts): fills page.main. `parts` is the rest of the address, decoded. `page.signal` ends with the
//          view, `page.title(text)` names it, `page.find(input)` gives / an input to search with.

import { view as logs } from "./views/logs.js";
import { view as requests } from "./views/requests.js";
import { view as timers } from "./views/timers.js";
import { view as functions } from "./views/functions.js";
import { view as faults } from "./views/faults.js";
import { view as blobs } from "./views/blobs.js";
import { view as secrets } from "./views/secrets.js";
import { view as identities } from "./views/identities.js";
import { view as settings } from "./views/settings.js";

export const views = [requests, logs, timers, functions, faults, blobs, secrets, identities, settings];
