//! What only 2.0 has.

use crate::wire::codec::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
}
