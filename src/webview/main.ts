/** The webview before anything talks to it. Text only: nothing that comes from outside is ever parsed as HTML. */
const state = document.createElement('p');
state.setAttribute('role', 'status');
state.textContent = 'Cribsheet is not connected.';
document.body.replaceChildren(state);
