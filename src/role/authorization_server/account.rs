//! A signed-in person's own page: resources, policies, pending requests, approved clients.
