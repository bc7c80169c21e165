/* One answer changes the page's state a hundred times over, and at each change Dash asks every component on the page whether it
   is concerned: most of the time that a choice takes. Here they are asked once a frame, just before it is drawn. */
(function () {
  "use strict";
  var LONGEST_MS = 100; // that a change waits for a frame
  var FRAMES = 10; // until what Dash knows of is on the page at the latest

  /* Parts of the state that no component looks at. */
  var MACHINERY = { callbacks: true };

  /* While someone types, the field must have its new content before the key's event is over: else the caret jumps. */
  function typing() {
    return Boolean(window.event) && window.event.type === "input";
  }

  /* Just before the next frame; a page that nobody sees has none. */
  function soon(tell) {
    if (document.hidden) {
      queueMicrotask(tell);
      return;
    }
    var frame = window.requestAnimationFrame(function () {
      window.clearTimeout(late);
      tell();
    });
    var late = window.setTimeout(function () {
      window.cancelAnimationFrame(frame);
      tell();
    }, LONGEST_MS);
  }

  function concerns(told, state) {
    return Object.keys(state).some(function (part) {
      return state[part] !== told[part] && !MACHINERY[part];
    });
  }

  function batched(store) {
    var subscribe = store.subscribe;
    var listeners = new Set();
    var told = store.getState();
    var hashes = told.layoutHashes;
    var changed = {};
    var due = false;

    /* Dash keeps of each component which properties its last change touched: here those of all changes since it was told. */
    function gather(state) {
      if (state.layoutHashes === hashes) {
        return;
      }
      Object.keys(state.layoutHashes).forEach(function (path) {
        var now = state.layoutHashes[path];
        if (now !== hashes[path]) {
          now.changedProps = changed[path] = Object.assign({}, changed[path], now.changedProps);
        }
      });
      hashes = state.layoutHashes;
    }

    function tell() {
      var state = store.getState();
      var concerned = concerns(told, state);
      due = false;
      changed = {};
      told = state;
      if (concerned) {
        Array.from(listeners).forEach(function (listener) {
          listener();
        });
      }
    }

    subscribe.call(store, function () {
      gather(store.getState());
      if (typing()) {
        tell();
      } else if (!due) {
        due = true;
        soon(tell);
      }
    });
    store.subscribe = function (listener) {
      listeners.add(listener);
      return function () {
        listeners.delete(listener);
      };
    };
    return store;
  }

  /* What Dash knows of already is on the page a frame later, unless the visitor has gone to another one. */
  function drawn(id, then, frames) {
    var node = document.getElementById(id);
    if (node) {
      then(node);
    } else if (frames) {
      window.requestAnimationFrame(function () {
        drawn(id, then, frames - 1);
      });
    }
  }

  window.regimePage = {
    /* Calls with the element of an id once it is there. */
    drawn: function (id, then) {
      drawn(id, then, FRAMES);
    },
  };

  /* Dash puts its store here once its own machinery listens, and before the components do: only these are batched. */
  var stores = [];
  stores.push = function (store) {
    return Array.prototype.push.call(stores, batched(store));
  };
  window.dash_stores = stores;
})();
