with assessment as (
    select
        assessment_id,
        student_id,
        subject,
        assessment_type,
        term,
        score,
        max_score,
        result,
        assessment_date,
        created_at,
        _batch_date,
        _source_file,
        _source_row
    from staging.assessments
),

student_spell as (
    select
        student_id,
        from_date,
        to_date,
        student_key,
        class_id,
        class_key,
        class_basis,
        grade_level,
        grade_number,
        is_enrolled
    from silver.student_spell
),

day_policy as (
    select
        valid_from,
        valid_to,
        cast(assessment_default_max_score as decimal(18, 6)) as default_max_score,
        cast(assessment_max_percent as decimal(9, 4)) as max_percent,
        assessment_above_max,
        assessment_missing_as_zero
    from reference.day_policy
    where school_id is null
),

-- Spells cut where the rules change: small, so that the facts need no join of their own with the rules.
ruled_spell as (
    select
        student_spell.student_id,
        greatest(student_spell.from_date, day_policy.valid_from) as from_date,
        least(student_spell.to_date, day_policy.valid_to) as to_date,
        student_spell.student_key,
        student_spell.class_id,
        student_spell.class_key,
        student_spell.class_basis,
        student_spell.grade_level,
        student_spell.grade_number,
        student_spell.is_enrolled,
        day_policy.default_max_score,
        day_policy.assessment_missing_as_zero,
        -- What `keep` lets through still has to fit in score_pct.
        case
            when day_policy.assessment_above_max = 'clip' then least(day_policy.max_percent, cast(999.99 as decimal(9, 4)))
            else cast(999.99 as decimal(9, 4))
        end as cap_percent
    from student_spell
    inner join day_policy
        on day_policy.valid_from <= student_spell.to_date
        and day_policy.valid_to >= student_spell.from_date
),

judged as (
    select
        assessment.assessment_id,
        assessment.student_id,
        ruled_spell.student_key,
        assessment.assessment_date,
        ruled_spell.class_id,
        ruled_spell.class_key,
        ruled_spell.class_basis,
        ruled_spell.grade_level,
        ruled_spell.grade_number,
        ruled_spell.is_enrolled,
        ruled_spell.cap_percent,
        ruled_spell.assessment_missing_as_zero,
        assessment.subject,
        assessment.assessment_type,
        coalesce(assessment.term, '(none)') as term,
        coalesce(assessment.max_score, ruled_spell.default_max_score) as max_score,
        case
            when assessment.result = 'exempt' then 'exempt'
            when assessment.result = 'missing' or assessment.score is null then 'missing'
            else 'scored'
        end as result,
        case when coalesce(assessment.result, 'scored') = 'scored' then assessment.score end as score,
        assessment.created_at,
        assessment._batch_date,
        assessment._source_file,
        assessment._source_row
    from assessment
    -- Without a date the last day stands in: the grade and rules of today, and of what comes.
    inner join ruled_spell
        on ruled_spell.student_id = assessment.student_id
        and coalesce(assessment.assessment_date, date '9999-12-31') >= ruled_spell.from_date
        and coalesce(assessment.assessment_date, date '9999-12-31') <= ruled_spell.to_date
),

valued as (
    select
        assessment_id,
        student_id,
        student_key,
        assessment_date as date,
        cast(
            extract(year from assessment_date) * 10000
            + extract(month from assessment_date) * 100
            + extract(day from assessment_date) as integer
        ) as date_key,
        -- Without a date there is no class that was held on it.
        case when assessment_date is not null then class_id end as class_id,
        case when assessment_date is not null then class_key end as class_key,
        case when assessment_date is not null then class_basis else 'none' end as class_basis,
        grade_level,
        grade_number,
        subject,
        assessment_type,
        term,
        score,
        max_score,
        cast(
            case
                when result = 'scored' and score * 100 > max_score * cap_percent then cap_percent
                when result = 'scored' then score_pct(score, max_score)
                when result = 'missing' and assessment_missing_as_zero then 0
            end as decimal(9, 6)
        ) as score_pct,
        result,
        result = 'scored' or (result = 'missing' and assessment_missing_as_zero) as is_scored,
        result = 'scored' and score * 100 > max_score * cap_percent as is_clipped,
        case when assessment_date is not null then is_enrolled end as in_enrollment,
        created_at,
        _batch_date,
        _source_file,
        _source_row
    from judged
),

final as (
    select
        assessment_id,
        student_id,
        student_key,
        date,
        date_key,
        class_id,
        class_key,
        class_basis,
        grade_level,
        grade_number,
        subject,
        assessment_type,
        term,
        score,
        max_score,
        score_pct,
        mean(score_pct, 1) as score_percentage,
        result,
        is_scored,
        is_clipped,
        in_enrollment,
        created_at,
        _batch_date,
        _source_file,
        _source_row
    from valued
)

select * from final
