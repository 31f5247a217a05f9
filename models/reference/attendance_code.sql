with final as (
    select
        code,
        cast(side as varchar) as side,
        cast(is_present as boolean) as is_present,
        cast(is_excused as boolean) as is_excused,
        cast(is_late as boolean) as is_late
    from (
        values
            ('present', 'present', true, null, false),
            ('late', 'present', true, null, true),
            ('early_departure', 'present', true, null, false),
            ('remote', 'present', true, null, false),
            ('school_activity', 'present', true, null, false),
            ('in_school_suspension', 'present', true, null, false),
            ('half_day', 'half', null, null, false),
            ('absent', 'absent', false, null, false),
            ('excused', 'absent', false, true, false),
            ('unexcused', 'absent', false, false, false),
            -- Ordered by the school, so never truancy (England counts its code for it as authorised too).
            ('out_of_school_suspension', 'absent', false, true, false),
            ('not_required', 'none', null, null, false),
            ('not_taken', 'none', null, null, false),
            ('no_school', 'none', null, null, false)
    ) as t (code, side, is_present, is_excused, is_late)
)

select * from final
