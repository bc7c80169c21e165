/* One answer changes the page's state a hundred times over, and at each change Dash asks every component on the page whether it
   is concerned: most of the time that a choice takes. Of values that callbacks have set they are told once, when Dash is at rest:
   so it has asked the server for all that it wants before the page is busy with being drawn. Of all else they are told at the end
   of the run of JavaScript: of components that come or go, as callbacks of theirs look for them on the page; of what a component
   itself has set, as it counts on that; and of all there is until the page stands. */
(function () {
  "use strict";
  var LONGEST_MS = 40; // that a change waits for rest

  /* Parts of the state that no component looks at. */
  var MACHINERY = { callbacks: true };

  /* While someone types, the field must have its new content before the key's event is over: else the caret jumps. */
  function typing() {
    return Boolean(window.event) && window.event.type === "input";
  }

  function concerns(told, state) {
    return Object.keys(state).some(function (part) {
      return state[part] !== told[part] && !MACHINERY[part];
    });
  }

  /* Whether a component was given other components, and not only other words. */
  function refilled(changed) {
    return Boolean(changed) && typeof changed.children === "object";
  }

  function batched(store) {
    var subscribe = store.subscribe;
    var listeners = new Set();
    var told = store.getState();
    var seen = told;
    var changed = {};
    var changes = 0;
    var due = null; // "rest" or "run": at whose end they are told

    /* Dash keeps of each component which properties its last change touched, and who made it: here of all changes since it was
       told. Whether that can wait. */
    function gather(state) {
      var now = state.layoutHashes;
      var before = seen.layoutHashes;
      var stands = state.appLifecycle === "HYDRATED" && seen.appLifecycle === "HYDRATED";
      var waits = stands && (state.layout === seen.layout || now !== before);
      if (now !== before) {
        Object.keys(before).forEach(function (path) {
          if (!now[path]) {
            waits = false;
            delete changed[path];
          }
        });
        Object.keys(now).forEach(function (path) {
          if (now[path] === before[path]) {
            return;
          }
          waits = waits && now[path].renderType !== "internal" && !refilled(now[path].changedProps);
          if (changed[path] && before[path].renderType !== "internal") {
            now[path].renderType = before[path].renderType;
          }
          now[path].changedProps = changed[path] = Object.assign({}, changed[path], now[path].changedProps);
        });
      }
      seen = state;
      return waits;
    }

    function tell() {
      var state = store.getState();
      var concerned = concerns(told, state);
      due = null;
      changed = {};
      told = state;
      if (concerned) {
        Array.from(listeners).forEach(function (listener) {
          listener();
        });
      }
    }

    function tellDue() {
      if (due) {
        tell();
      }
    }

    /* Rest is a turn of the event loop without a change. */
    function rest(until) {
      var before = changes;
      window.setTimeout(function () {
        if (changes === before || performance.now() > until) {
          tellDue();
        } else if (due) {
          rest(until);
        }
      });
    }

    subscribe.call(store, function () {
      var waits = gather(store.getState());
      changes += 1;
      if (typing()) {
        tell();
      } else if (!waits || document.hidden) { // timers are slow on a page that nobody sees
        if (due !== "run") {
          due = "run";
          queueMicrotask(tellDue);
        }
      } else if (!due) {
        due = "rest";
        rest(performance.now() + LONGEST_MS);
      }
    });
    store.subscribe = function (listener) {
      listeners.add(listener);
      return function () {
        listeners.delete(listener);
      };
    };
    /* Whoever presses or lets go does so on what Dash knows: a range let go of must not put an older figure back. */
    ["pointerdown", "pointerup", "keydown"].forEach(function (kind) {
      window.addEventListener(kind, tellDue, true);
    });
    return store;
  }

  /* Dash puts its store here once its own machinery listens, and before the components do: only these are batched. */
  var stores = [];
  stores.push = function (store) {
    return Array.prototype.push.call(stores, batched(store));
  };
  window.dash_stores = stores;
})();
