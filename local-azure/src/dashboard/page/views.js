// The views, in the order of the navigation. Each has
//   path   the first part of its address, behind "#/"
//   title  its name
//   key    pressed after g, it leads there
//   show   async (page, parts): fills page.main. `parts` is the rest of the address, decoded. `page.signal` ends with the
//          view, `page.title(text)` names it, `page.find(input)` gives / an input to search with.

import { view as logs } from "./views/logs.js";
import { view as requests } from "./views/requests.js";

export const views = [requests, logs];
