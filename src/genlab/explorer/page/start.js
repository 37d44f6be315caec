// The pages, in the order of the menu.
"use strict";

for (const page of [FitPage, TradeoffPage, ChoosingPage]) App.add(page);
// These ask a server: a page that was given away has none.
if (Library.here) for (const page of [Mnist1dPage, NetworksPage, ResultsPage, OpeningsPage]) App.add(page);
App.start();
