// Stands in for ankerl::unordered_dense, which Debian 12 does not package. The worker uses only what the standard
// containers offer as well: it never relies on contiguous storage, extract() or replace().
#ifndef SHOAL_SHIM_ANKERL_UNORDERED_DENSE_H
#define SHOAL_SHIM_ANKERL_UNORDERED_DENSE_H

#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace ankerl::unordered_dense
{
	template<typename Key>
	using hash = std::hash<Key>;

	template<typename Key, typename T, typename Hash = std::hash<Key>, typename Equal = std::equal_to<Key>>
	using map = std::unordered_map<Key, T, Hash, Equal>;

	template<typename Key, typename Hash = std::hash<Key>, typename Equal = std::equal_to<Key>>
	using set = std::unordered_set<Key, Hash, Equal>;
} // namespace ankerl::unordered_dense

#endif
