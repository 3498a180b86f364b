#ifndef SHOAL_RTC_SORTED_HISTORY_HPP
#define SHOAL_RTC_SORTED_HISTORY_HPP

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>

namespace RTC
{
	/**
	 * What the bandwidth estimation uses of std::map<int64_t, Value>, for keys that nearly always come in order and are looked up
	 * as the newest one: no allocation, no search and no cold tree nodes per packet. Nothing may hold an iterator across a change.
	 */
	template<typename Value>
	class SortedHistory
	{
	public:
		using Entry          = std::pair<int64_t, Value>;
		using iterator       = typename std::deque<Entry>::iterator;
		using const_iterator = typename std::deque<Entry>::const_iterator;

		bool empty() const
		{
			return this->entries.empty();
		}

		iterator begin()
		{
			return this->entries.begin();
		}

		iterator end()
		{
			return this->entries.end();
		}

		const_iterator end() const
		{
			return this->entries.end();
		}

		iterator find(int64_t key)
		{
			const auto it = lower_bound(key);

			return it != this->entries.end() && it->first == key ? it : this->entries.end();
		}

		const_iterator find(int64_t key) const
		{
			return const_cast<SortedHistory*>(this)->find(key);
		}

		iterator lower_bound(int64_t key)
		{
			// Nearly always the newest entry is asked for.
			if (this->entries.empty() || this->entries.back().first < key)
			{
				return this->entries.end();
			}

			if (this->entries.back().first == key)
			{
				return std::prev(this->entries.end());
			}

			return std::lower_bound(
			  this->entries.begin(),
			  this->entries.end(),
			  key,
			  [](const Entry& entry, int64_t wanted) { return entry.first < wanted; });
		}

		iterator upper_bound(int64_t key)
		{
			const auto it = lower_bound(key);

			return it != this->entries.end() && it->first == key ? std::next(it) : it;
		}

		/** Does nothing if the key is there already, as a map does. */
		void insert(Entry entry)
		{
			const auto it = lower_bound(entry.first);

			if (it == this->entries.end() || it->first != entry.first)
			{
				this->entries.insert(it, std::move(entry));
			}
		}

		void erase(iterator it)
		{
			this->entries.erase(it);
		}

	private:
		std::deque<Entry> entries;
	};
} // namespace RTC

#endif
