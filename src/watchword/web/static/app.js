// What every page runs: each module looks after one thing, and a page without any of it still works.

import "./combo-box.js";
import "./copying.js";
import "./dialogs.js";
import "./forms.js";
import "./live-region.js";
import "./passkeys.js";
import "./preferences.js";
import "./seconds-field.js";
import "./shortcuts.js";
import "./times.js";
import "./toasts.js";
