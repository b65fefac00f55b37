//! What has a name: in the order of the names, and found at once among thousands.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::ops::Index;

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Things by their names. Looking one up costs the same however many there are; they are gone through in order.
#[derive(Clone)]
pub struct ByName<K, V>(IndexMap<K, V, RandomState>);

impl<K, V> ByName<K, V> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All, in the order of their names.
    pub fn iter(&self) -> indexmap::map::Iter<'_, K, V> {
        self.0.iter()
    }

    /// The names in order.
    pub fn keys(&self) -> indexmap::map::Keys<'_, K, V> {
        self.0.keys()
    }

    /// What has them, in their order.
    pub fn values(&self) -> indexmap::map::Values<'_, K, V> {
        self.0.values()
    }

    /// All, to be changed but for their names.
    pub fn iter_mut(&mut self) -> indexmap::map::IterMut<'_, K, V> {
        self.0.iter_mut()
    }

    /// What has them, to be changed.
    pub fn values_mut(&mut self) -> indexmap::map::ValuesMut<'_, K, V> {
        self.0.values_mut()
    }

    /// Keeps those that are wanted.
    pub fn retain(&mut self, is_wanted: impl FnMut(&K, &mut V) -> bool) {
        self.0.retain(is_wanted);
    }
}

impl<K: Hash + Ord, V> ByName<K, V> {
    /// What has this name.
    pub fn get<Q: ?Sized + Hash + Eq>(&self, name: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(name)
    }

    /// The same, to be changed.
    pub fn get_mut<Q: ?Sized + Hash + Eq>(&mut self, name: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.0.get_mut(name)
    }

    /// What has this name, and the name as it is kept here.
    pub fn get_key_value<Q: ?Sized + Hash + Eq>(&self, name: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        self.0.get_key_value(name)
    }

    /// Whether something has this name.
    pub fn contains_key<Q: ?Sized + Hash + Eq>(&self, name: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.contains_key(name)
    }

    /// Something has this name from now on. What had it before. Cheap for names that come in order; of many others all at
    /// once extend it.
    pub fn insert(&mut self, name: K, value: V) -> Option<V> {
        self.0.insert_sorted(name, value).1
    }

    /// What has this name; if nothing does, what is made for it.
    pub fn get_or_insert_with(&mut self, name: &K, made: impl FnOnce() -> V) -> &mut V
    where
        K: Clone,
    {
        let place = match self.0.get_index_of(name) {
            Some(place) => place,
            None => self.0.insert_sorted(name.clone(), made()).0,
        };
        &mut self.0[place]
    }

    /// Nothing has this name any more. What had it.
    pub fn remove<Q: ?Sized + Hash + Eq>(&mut self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.shift_remove(name)
    }
}

impl<K: Hash + Ord, V> Extend<(K, V)> for ByName<K, V> {
    /// What comes in order is only appended; otherwise all are put in order again, once.
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, all: I) {
        let mut is_in_order = true;
        for (name, value) in all {
            is_in_order &= self.0.last().is_none_or(|(last, _)| *last < name);
            self.0.insert(name, value);
        }
        if !is_in_order {
            self.0.sort_unstable_keys();
        }
    }
}

impl<K: Hash + Ord, V> FromIterator<(K, V)> for ByName<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(all: I) -> Self {
        let mut by_name = ByName::default();
        by_name.extend(all);
        by_name.0.shrink_to_fit();
        by_name
    }
}

impl<K: Hash + Ord + Borrow<Q>, Q: ?Sized + Hash + Eq, V> Index<&Q> for ByName<K, V> {
    type Output = V;

    fn index(&self, name: &Q) -> &V {
        &self.0[name]
    }
}

impl<K: Hash + Ord, V, const N: usize> From<[(K, V); N]> for ByName<K, V> {
    fn from(all: [(K, V); N]) -> Self {
        all.into_iter().collect()
    }
}

impl<K, V> IntoIterator for ByName<K, V> {
    type Item = (K, V);
    type IntoIter = indexmap::map::IntoIter<K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a ByName<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = indexmap::map::Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'a, K, V> IntoIterator for &'a mut ByName<K, V> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = indexmap::map::IterMut<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut()
    }
}

impl<K, V> Default for ByName<K, V> {
    fn default() -> Self {
        ByName(IndexMap::default())
    }
}

impl<K: Hash + Eq, V: PartialEq> PartialEq for ByName<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for ByName<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<K: Serialize + Hash + Eq, V: Serialize> Serialize for ByName<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, K, V> Deserialize<'de> for ByName<K, V>
where
    K: Deserialize<'de> + Hash + Ord,
    V: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all: IndexMap<K, V, RandomState> = Deserialize::deserialize(deserializer)?;
        Ok(all.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::ByName;

    #[test]
    fn in_whatever_order_names_come_they_are_gone_through_in_their_own() {
        let mut all: ByName<&str, u8> = [("c", 3), ("a", 1)].into();
        assert_eq!(all.insert("b", 2), None);
        assert_eq!(all.insert("c", 4), Some(3));
        *all.get_or_insert_with(&"0", || 5) += 1;
        *all.get_or_insert_with(&"a", || 9) += 1;
        let listed: Vec<(&str, u8)> = all.iter().map(|(name, it)| (*name, *it)).collect();
        assert_eq!(listed, [("0", 6), ("a", 2), ("b", 2), ("c", 4)]);
        assert_eq!(all["b"], 2);
        assert_eq!(all.remove("a"), Some(2));
        all.extend([("d", 7), ("a", 8)]);
        assert_eq!(all.remove("a"), Some(8));
        assert_eq!(all.remove("d"), Some(7));
        assert_eq!(all.keys().copied().collect::<Vec<_>>(), ["0", "b", "c"]);
        let text = serde_json::to_string(&all).expect("it can be written");
        assert_eq!(text, r#"{"0":6,"b":2,"c":4}"#);
        let read: ByName<String, u8> =
            serde_json::from_str(r#"{"c":4,"0":6,"b":2}"#).expect("it can be read");
        assert_eq!(
            read.keys().map(String::as_str).collect::<Vec<_>>(),
            ["0", "b", "c"]
        );
    }
}
